import base64
from pathlib import Path

import polars as pl
from imeval.claims.contract import Claims
from imeval.report import contents
from imeval.report.contents import Bill, Cell, Contents, Lacking, Verdict, one_text
from imeval.tables import build
from imeval.tables.rendering import to_csv
from made_tables import context

RECORD = {
    "configuration": {"models": {"a": {"group": "mllm", "backend": "openai"}}},
    "models": {
        "a": {"title": "A", "revision": {"api_model": "a-1"}, "loaded": []},
        "sbert": {"title": "SBERT", "revision": {}},
    },
    "images": {"demo": {"title": "the demo", "images": 4, "broken": 0}},
    "answers": [
        {"image_set": "demo", "model": "a", "task": "cw", "answers": 4, "errors": 1, "refusals": 0, "empty": 2,
         "unreadable": 0},
        {"image_set": "demo", "model": "b", "task": "cw", "answers": 4, "errors": 0, "refusals": 0, "empty": 0,
         "unreadable": 0},
    ],
}  # fmt: skip


def written(tmp_path: Path, layout: str) -> Path:
    path = tmp_path / f"{layout}.csv"
    path.write_text(to_csv(build(layout, context())))
    return path


def test_table_3_has_a_row_a_model_with_intervals_changes_and_ranks(tmp_path: Path) -> None:
    grid = contents.read_grid(written(tmp_path, "recognition"), {"cw": "CW", "cw_plus": "CW+", "ow": "OW"})
    assert grid.spans == [("ImGT", 1), ("demo ReGT", 8), ("Im ∩ Re", 1)]
    assert grid.headings == ("A", "A", "A−N", "S", "S+", "S−", "M", "M+", "M−", "A")
    assert [row[:2] for row in grid.rows] == [("Socratic", "OW"), ("ConSE", "CW"), ("Lite0", "CW"), ("Lite2", "CW")]
    imgt, regt, *_ = grid.rows[-1][2]
    assert imgt == Cell("70.00", "48.10–85.45", rank="(1)", basis="14 of 20 images", best=True)
    assert (regt.value, regt.change) == ("55.00", "−15.00")


def test_a_table_of_out_of_prompt_rates_has_its_categories_alone(tmp_path: Path) -> None:
    grid = contents.read_grid(written(tmp_path, "out_of_prompt"), {})
    assert grid.spans == [("", 8)]
    assert [cell.value for cell in grid.rows[0][2]] == [
        "15.00",
        "0.00",
        "0.00",
        "0.00",
        "33.33",
        "0.00",
        "100.00",
        "100.00",
    ]


def test_a_table_without_rows_has_no_grid(tmp_path: Path) -> None:
    path = tmp_path / "table5.csv"
    header, *_ = to_csv(build("out_of_prompt", context())).splitlines()
    path.write_text(f"{header}\n")
    assert contents.read_grid(path, {}) is None


def test_the_models_are_those_of_the_configuration_with_what_they_were_run_with() -> None:
    (model,) = contents.models_of(RECORD)
    assert (model.title, model.group, model.backend, model.revision) == ("A", "mllm", "openai", ("api_model: a-1",))


def test_models_that_lack_answers_are_listed_with_the_reasons() -> None:
    counts = {"failed": 1, "refused": 0, "empty": 2, "unreadable": 0}
    assert contents.lacking(RECORD, {"a": "A"}, {"cw": "CW"}) == [Lacking("A", "CW", "the demo", 4, counts)]


def test_values_of_a_merged_record_are_one_text() -> None:
    assert one_text({"a": ["1", "2"], "b": None}) == "a: 1, 2, b: none"


def test_the_verdict_on_a_claim_is_that_on_the_whole(tmp_path: Path) -> None:
    def row(claim: str, detail: str, verdict: str) -> tuple[object, ...]:
        return (claim, "", detail, f"{claim}!", "p. 1", "a", "", 1.0, "supported", "", 1.0, None, None, verdict, "")

    rows = [row("b", "all", "cannot tell"), row("b", "x", "supported"), row("a", "all", "supported")]
    pl.DataFrame(rows, schema=Claims.create_empty().schema, orient="row").write_csv(tmp_path / "claims.csv")
    assert contents.read_verdicts(tmp_path / "claims.csv") == [
        Verdict("b!", "supported", "cannot tell"),
        Verdict("a!", "supported", "supported"),
    ]


def test_dollars_are_added_up_and_models_without_prices_named() -> None:
    bills = [
        Bill("A", "CW", 1, 1, 1, 0.5, 0.0),
        Bill("A", "OW", 1, 1, 1, 0.25, 0.0),
        Bill("B", "CW", 1, 1, 1, None, None),
    ]
    held = Contents("", "", "", True, 0.95, {}, [], [], [], [], bills, [], None)
    assert (held.usd, held.unpriced) == (0.75, ["B"])


def test_figures_have_their_title_and_description_and_stay_links_where_the_page_has_no_room(tmp_path: Path) -> None:
    svg = "<svg><desc>Two &lt;models&gt;\n agree.</desc><dc:title>Agreement</dc:title></svg>"
    for name, text in {"a": svg, "b": f"<svg>{'x' * 3_000_000}</svg>", "c": svg}.items():
        (tmp_path / f"{name}.svg").write_text(text)
    a, b, c = contents.read_figures("abc", [tmp_path / f"{name}.svg" for name in "abc"])
    assert (a.title, a.text, a.files["csv"]) == ("Agreement", "Two <models> agree.", "figures/a.csv")
    assert a.picture == f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" == c.picture
    assert (b.title, b.text, b.picture) == ("b", "", None)


def test_links_lead_from_the_page_to_each_format() -> None:
    assert contents.formats("tables", "table3", ("csv",)) == {"csv": "tables/table3.csv"}
