from pathlib import Path

import pytest
from imeval.run.headline import Ending, lines
from imeval.tables import build
from imeval.tables.rendering import to_csv
from made_tables import LITE0, LITE2, context, measured


@pytest.fixture
def table(tmp_path: Path) -> str:
    failing = measured("lite2", "cw", imgt=14, regt=11, outcomes=("error", "error"))
    path = tmp_path / "table3.csv"
    measured_models = (measured("lite0", "cw", imgt=12, regt=11), failing)
    path.write_text(to_csv(build("recognition", context(*measured_models, models=(LITE0, LITE2), name="table3"))))
    return str(path)


def test_a_run_ends_with_the_accuracies_over_all_images_with_intervals_and_what_failed(table: str) -> None:
    assert lines(table, 0.95) == [
        "imeval: Table 3 on the demo's 20 photographs: accuracy in % with its 95% interval",
        "  model  task  ImGT                  demo ReGT",
        "  Lite0  cw    60.00 [38.66, 78.12]  55.00 [34.21, 74.18]",
        "  Lite2  cw    77.78 [54.79, 91.00]  61.11 [38.62, 79.69]  2 of 20 failed",
    ]


def test_without_models_or_a_value_there_is_no_number(tmp_path: Path, table: str) -> None:
    header, row, *_ = Path(table).read_text().splitlines()
    none = tmp_path / "none.csv"
    none.write_text(f"{header}\n")
    assert lines(none, 0.95) == []
    values = dict(zip(header.split(","), row.split(","), strict=True)) | {"value": "", "ci_low": "", "ci_high": ""}
    none.write_text(f"{header}\n{','.join(values.values())}\n")
    assert lines(none, 0.95)[-1] == "  Lite0  cw    –"


def test_many_models_are_cut_and_their_page_named(tmp_path: Path, table: str) -> None:
    header, row, *_ = Path(table).read_text().splitlines()
    many = tmp_path / "table3.csv"
    many.write_text("\n".join([header, *(row.replace("Lite0", f"Model {place}") for place in range(23))]) + "\n")
    found = lines(many, 0.95)
    assert len(found) == 2 + 20 + 1
    assert found[-1] == f"  and 3 more in {tmp_path / 'table3.html'}"


def test_a_title_cannot_steer_the_terminal(tmp_path: Path, table: str) -> None:
    path = tmp_path / "table3.csv"
    path.write_text(Path(table).read_text().replace("Lite0", "Lite\x1b[31m"))
    assert "\x1b" not in "".join(lines(path, 0.95))


def test_numbers_and_pages_are_those_that_the_run_made_or_found(table: str) -> None:
    ending = Ending([table, "results/tables/table30.csv"], "results/report.html", 0.95)
    assert len(ending.numbers(frozenset([table]))) == 4
    assert ending.numbers(frozenset()) == []
    there = frozenset(["results/report.html", "results/tables/table3.html"])
    assert ending.page_to_open(frozenset(["all"]), there) == "results/report.html"
    alone = frozenset(["results/tables/table3.html", "results/tables/table3.tex"])
    assert ending.page_to_open(frozenset(["results/tables/table3.tex"]), alone) == "results/tables/table3.html"
    assert ending.page_to_open(frozenset(["results/labels/a.parquet"]), frozenset(["results/labels/a.parquet"])) is None
