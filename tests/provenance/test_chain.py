from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.images.contract import Images
from imeval.provenance.chain import Chain, Link, require_result


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table of two scores of the same labels."""
    monkeypatch.chdir(tmp_path)
    for name in ("table", "one", "two", "labels"):
        Path(name).write_text(name)
    return tmp_path


LINKS = {
    "table": Link("table", ["one", "two"], ["one", "two"], {"one": f"sha256:{digest(b'one')}"}),
    "one": Link("score", ["labels"], ["labels"], {"labels": f"sha256:{digest(b'labels')}"}),
    "two": Link("score", ["labels"]),
    "labels": Link(None),
}


def test_every_file_is_a_line_with_its_hash_and_rule_and_what_it_is_made_from_below() -> None:
    chain = Chain(LINKS)
    assert chain.tree("table") == (
        f"{digest(b'table')[:12]}  table               table\n"
        f"{digest(b'one')[:12]}  score               ├─ one\n"
        f"{digest(b'labels')[:12]}  from outside        │  └─ labels\n"
        f"{digest(b'two')[:12]}  score               └─ two\n"
        f"{digest(b'labels')[:12]}  from outside           └─ labels"
    )
    assert chain.breaks == []


def test_the_inputs_of_a_file_are_shown_once() -> None:
    links = LINKS | {"two": Link("score", ["one"])}
    assert Chain(links).tree("table").splitlines()[-1].endswith("   └─ one  (as above)")


def shard(name: str, *numbers: int) -> str:
    rows = {"image_id": [f"p{number:02d}" for number in numbers], "imgt": 0, "width": 1, "height": 1}
    hashes = [digest(str(number).encode()) for number in numbers]
    frame = pl.DataFrame(rows | {"sha256": hashes, "data": [b""] * len(numbers)})
    parquet.write(name, Images, frame.cast(Images.create_empty().schema))
    return name


def test_shards_are_one_line_and_their_images_follow() -> None:
    Path("photographs").mkdir()
    shards = [shard("00000-of-00002.parquet", 1), shard("00001-of-00002.parquet", 2)]
    links = {
        "table": Link("table", shards),
        **dict.fromkeys(shards, Link("extract_images", ["photographs"])),
        "photographs": Link("pictures"),
    }
    both = digest("\n".join(digest(Path(name).read_bytes()) for name in shards).encode())
    assert Chain(links).tree("table").splitlines()[1:] == [
        f"{both[:12]}  extract_images      └─ *-of-00002.parquet  (2 shards)",
        "–             pictures               ├─ photographs",
        f"{digest(b'1')[:12]}  image                  ├─ p01",
        f"{digest(b'2')[:12]}  image                  └─ p02",
    ]


def test_many_images_share_a_line_and_a_hash() -> None:
    name = shard("00000-of-00001.parquet", *range(21))
    line = Chain({name: Link("extract_images", [])}).tree(name).splitlines()[-1]
    names = "".join(f"p{number:02d} {digest(str(number).encode())}\n" for number in range(21))
    assert line == f"{digest(names.encode())[:12]}  images              └─ 21 images, by their names and SHA-256"


def test_a_file_that_changed_since_is_marked_and_named() -> None:
    Path("labels").write_text("others")
    chain = Chain(LINKS)
    assert [line for line in chain.tree("table").splitlines() if line.endswith("(!)")] == [
        f"{digest(b'one')[:12]}  score               ├─ one  (!)"
    ]
    assert chain.breaks == ["labels has changed since one was made from it"]


def test_a_file_that_is_gone_or_of_another_configuration_is_marked_and_named() -> None:
    Path("two").unlink()
    links = LINKS | {"one": Link("score", ["labels"], ["labels", "more"])}
    chain = Chain(links)
    assert chain.tree("table").splitlines()[3] == "–             score               └─ two  (!)"
    assert chain.breaks == [
        "one was made from other inputs than this configuration and version would make it from",
        "two does not exist any more",
    ]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (None, "trace: file: expected a result of the workflow, found none; name one: snakemake trace --config "),
        (
            "tabel",
            "expected a result that exists, found no tabel; make it first, or correct its name; did you mean 'table'?",
        ),
        ("none/table", "expected a result that exists, found no none/table; make it first, or correct its name"),
        (
            "labels",
            "trace: file: expected a result of the workflow, found labels, which no rule makes; name one: snakemake",
        ),
        (
            "one",
            "one: inputs: expected labels, found more; give the --configfile that it was made with, or make it again",
        ),
    ],
)
def test_a_file_without_a_chain_is_refused(file: str | None, sentence: str) -> None:
    links = LINKS | {"one": Link("score", ["labels"], ["more"])}
    with pytest.raises(UserError) as caught:
        require_result(file, links)
    assert sentence in str(caught.value)
    assert require_result("table", links) == "table"
