from pathlib import Path

import pytest
from imeval.figures import agreement
from imeval.figures.drawing import Drawn
from imeval.scoring.contract import Agreement
from made_figures import context, texts

# A model that is always right has no correlation, not even with itself.
VALUES = {("chat", "net"): 0.5, ("chat", "imgt"): -0.25}


def drawn(folder: Path, spearman: float | None = 0.5, classes: int = 2) -> Drawn:
    names = ("imgt", "net", "chat")
    rows = [
        (a, b, 1.0 if a == b and spearman else spearman, classes, VALUES.get((a, b), VALUES.get((b, a))), 9)
        for a in names
        for b in names
    ]
    made = context(folder, {"agreement": (Agreement, rows)})
    return agreement.figure(made, agreement.Settings())


def test_the_squares_have_the_models_in_blocks_and_the_original_labels_last(tmp_path: Path) -> None:
    upper, lower, bar = drawn(tmp_path).figure.axes
    for ax in (upper, lower):
        assert [label.get_text() for label in ax.get_yticklabels()] == ["My chat", "My <net>", "ImGT"]
        assert [text.get_text() for text in ax.texts][-2:] == ["MLLMs", "Supervised"]
    assert [label.get_text() for label in lower.get_xticklabels()] == ["My chat", "My <net>", "ImGT"]
    # The colour bar is of both squares, from the lowest value.
    assert bar.get_xlim() == pytest.approx((-0.3, 1))


def test_a_correlation_is_in_hundredths_and_an_undefined_one_a_dash(tmp_path: Path) -> None:
    _, phi, _ = drawn(tmp_path).figure.axes
    assert [text.get_text() for text in phi.texts][:9] == ["–", "50", "-25", "50", "–", "–", "-25", "–", "–"]


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        (7, "nothing to correlate: of every two models,\none has the same recall in all 7 classes"),
        (1, "nothing to correlate:\n1 classes with images of exactly one label"),
    ],
)
def test_a_square_without_a_correlation_says_why(tmp_path: Path, classes: int, reason: str) -> None:
    found = drawn(tmp_path, spearman=None, classes=classes)
    upper = found.figure.axes[0]
    assert [text.get_text() for text in upper.texts] == [reason]
    assert " ".join(reason.split()) in " ".join(found.text.split())


def test_what_is_drawn_has_a_row_for_each_cell_with_titles_and_groups(tmp_path: Path) -> None:
    first, second, *_ = drawn(tmp_path).data.rows(named=True)
    assert (first["title_a"], first["title_b"], first["spearman"]) == ("My chat", "My chat", 1.0)
    assert (second["title_b"], second["group_b"], second["phi"]) == ("My <net>", "supervised", 0.5)


def test_the_words_name_the_most_and_the_least_alike(tmp_path: Path) -> None:
    assert (
        "Phi of correctness by image: from -0.25 (My chat and ImGT) to 0.50 (My chat and My <net>)."
        in drawn(tmp_path).text
    )


def test_numbers_are_white_where_the_square_is_dark(tmp_path: Path) -> None:
    found = drawn(tmp_path)
    phi = found.figure.axes[1]
    colours = {text.get_text(): text.get_color() for text in phi.texts}
    assert (colours["-25"], colours["50"]) == ("white", "black")
    assert "My <net>" not in texts(found.figure)
