import pytest
from imeval.images.passed_over import PassedOver, is_junk, unlike


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".DS_Store", True),
        ("a/._b.jpg", True),
        ("Thumbs.db", True),
        ("a/THUMBS.DB", True),
        ("__MACOSX/a/b.jpg", True),
        ("desktop.ini", True),
        ("a.txt", False),
        ("thumbs.jpg", False),
        (".hidden/a.txt", False),
    ],
)
def test_nobody_misses_the_files_of_the_system(name: str, expected: bool) -> None:
    assert is_junk(name) is expected


def test_files_are_counted_by_reason_and_extension() -> None:
    passed_over = PassedOver()
    for name in ("b.DNG", "a.dng", "c/d", "Thumbs.db", "e.cr3"):
        passed_over.add(name)
    passed_over.add("f.jpg", unlike("val_*"))
    assert passed_over.sentences() == [
        "files that are not pictures: 4 (.dng 2, .cr3 1, no extension 1): a.dng, b.DNG, c/d, e.cr3",
        "pictures whose names are not like 'val_*': 1 (.jpg 1): f.jpg",
    ]


def test_a_name_that_is_no_utf_8_can_be_logged() -> None:
    passed_over = PassedOver()
    passed_over.add("\udcff.txt")
    assert passed_over.sentences() == ["files that are not pictures: 1 (.txt 1): \\udcff.txt"]
