import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import polars as pl
from imeval.images.thumbnails import thumbnail
from imeval.labels.classes import class_names
from imeval.labels.contract import CATEGORIES, Labels
from imeval.report.contents import Bill, Cell, Contents, Figure, Grid, Lacking, Model, Table, Verdict
from imeval.report.galleries import Answers, galleries
from imeval.report.page import Pictured, to_html
from made_answers import answers, labels, names
from pictures import noise

HOSTILE = "<script>alert(1)</script>\"'&"

RECORD = {
    "code": {"version": "0.2.0", "commit": ["a1", "b2"]},
    "images": {
        "mine": {"title": HOSTILE, "images": 4, "broken": 1, "sha256": "abc"},
        "without_pictures": {"title": "x", "images": 0, "broken": 0},
    },
    "labels": [{"labels": "mine", "title": HOSTILE, "image_set": "mine", "sha256": "abc"}],
    "seeds": {},
    "hardware": {"a": [{"gpus": ["H200"], "processor": "EPYC"}]},
    "packages": {"polars": "2.1.0"},
}  # fmt: skip

CELL = Cell("82.40", "81.97–82.82", "+4.05", "+3.80 to +4.31", rank="(1)", basis="1 of 2 images", best=True)

CONTENTS = Contents(
    run="paper",
    images="my photographs",
    labels="ReGT",
    relabelled=True,
    confidence=0.95,
    record=RECORD,
    models=[Model(HOSTILE, "mllm", "openai", ("api_model: a-1",))],
    tables=[
        Table("table1", "Label categories", {"csv": "tables/table1.csv"}),
        Table(
            "table3",
            "Recognition",
            {"html": "tables/table3.html"},
            Grid(("ImGT",), ("A",), ((HOSTILE, "CW", (CELL,)),)),
        ),
    ],
    figures=[
        Figure("agreement", "Agreement", HOSTILE, "data:image/svg+xml;base64,AA==", {"pdf": "figures/agreement.pdf"}),
        Figure("figure4", "Too large", "", None, {}),
    ],
    lacking=[Lacking("GPT-4o", "CW", "my photographs", 4, {"failed": 1, "refused": 2})],
    bills=[Bill("GPT-4o", "CW", 3, 1000, 10, 0.424, 0.0), Bill("Other", "CW", 1, 1, 1, None, None)],
    left_out=["tables.table6: no model for it"],
    verdicts=[Verdict("Labels matter", "supported", "cannot tell")],
)


def pictured() -> Pictured:
    best = [answers("a", "1x01", oop="2", text=HOSTILE), answers("b", "0101", group="vlm")]
    renamed = labels().with_columns(pl.col("image_id").replace({"2": HOSTILE}))
    return Pictured(renamed, names(), galleries(renamed, best, best), best, {HOSTILE: b"jpeg", "0": b"jpeg"})


class Tags(HTMLParser):
    """Collects the names and attributes of a page's tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_is_one_file_that_loads_and_runs_nothing_whatever_its_texts_are() -> None:
    page = to_html(CONTENTS, pictured(), "results/paper")
    tags = Tags(page).found
    assert {"script", "iframe", "link", "object", "b "}.isdisjoint(tag for tag, _ in tags)
    policy = next(attributes["content"] for tag, attributes in tags if attributes.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert all(attributes["src"].startswith("data:image/") for tag, attributes in tags if tag == "img")
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert HOSTILE not in page
    assert "<b>hammerhead</b>" not in page


def test_the_page_has_every_section_and_links_beside_it() -> None:
    page = to_html(CONTENTS, pictured(), "results/paper")
    tags = Tags(page).found
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    inside = [link.removeprefix("#") for link in links if link.startswith("#")]
    assert inside == ["numbers", "figures", "galleries", "claims", "failures", "money", "made", "files"]
    assert set(inside) <= {attributes.get("id") for _, attributes in tags}
    assert {link for link in links if not link.startswith("#")} == {
        "tables/table1.csv", "tables/table3.html", "figures/agreement.pdf", "claims.html", "provenance.json"
    }  # fmt: skip


def texts(page: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", page.partition("</style>")[2]).split())


def test_the_page_reads_in_words() -> None:
    text = texts(to_html(CONTENTS, pictured(), "results/paper"))
    for words in (
        "my photographs (paper)",
        "(4, 1 more left out because they cannot be decoded); x (0).",
        "82.40 (1) 81.97–82.82 +4.05 +3.80 to +4.31",
        "0 supported, 0 not supported, 1 cannot tell by this run; 1 supported",
        "$0.42 in all, with every earlier run; unknown, without prices: Other.",
        "Left out: tables.table6: no model for it",
        "imeval 0.2.0, commit a1, b2",
        "B wrong, A right 1",
        "No image: ",
        "✗ A, CW: hen",
        "Figures pdf Too large",
        "– A, CW: error",
    ):
        assert words in text, words


def test_a_run_without_answers_about_its_images_claims_or_apis_has_a_page_too() -> None:
    empty = replace(CONTENTS, run="", tables=[], figures=[], lacking=[], bills=[], left_out=[], verdicts=None)
    text = texts(to_html(empty, None, "results"))
    assert "this run has none" in text
    assert "Nothing: every model answered about every image." in text
    assert "$0: no model behind an API is part of this run." in text
    assert "The images" not in text


def test_without_pictures_the_galleries_have_names_and_the_reason() -> None:
    text = texts(to_html(CONTENTS, replace(pictured(), pictures={}), "results"))
    assert "Without pictures, as no model of this run needs them here" in text


def drawn(image_ids: pl.Series, draw: np.random.Generator) -> pl.DataFrame:
    """Return answers by chance, of many words each."""
    images = len(image_ids)
    return pl.DataFrame(
        {
            "image_id": image_ids,
            "class_id": draw.integers(0, 1000, images),
            "text": pl.repeat("a long answer of the model " * 40, images, eager=True),
            "outcome": pl.repeat("answered", images, eager=True),
            "oop": draw.random(images) < 0.3,
            "imgt_correct": draw.random(images) < 0.5,
            "regt_correct": draw.random(images) < 0.5,
        }
    )


def test_31_250_images_and_13_models_take_less_than_15_mb() -> None:
    draw, images = np.random.default_rng(0), 31_250
    categories = draw.choice(CATEGORIES, images)
    rows = [
        (f"ILSVRC2012_val_{place:08}", 1, [1], [1, 2], [1, 2], category) for place, category in enumerate(categories)
    ]
    many = pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")
    best = [
        Answers(f"m{model}", f"A model with a long title {model}", "mllm", "CW+", drawn(many["image_id"], draw))
        for model in range(13)
    ]
    shown = galleries(many, best, best)
    worst = thumbnail(noise("PNG", size=(400, 400)), "noise")
    small = {many["image_id"][place]: worst for gallery in shown for place in gallery.places}
    page = to_html(CONTENTS, Pictured(many, class_names("clean"), shown, best, small), "results")
    assert page.count("data:image/jpeg") == 20 * 24
    assert len(page.encode()) < 15_000_000
