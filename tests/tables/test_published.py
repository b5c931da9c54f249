from pathlib import Path

import published_counts
import pytest
from imeval import tables
from imeval.base.errors import UserError
from imeval.scoring import metrics
from imeval.tables import published
from imeval.tables.rendering import to_html
from made_tables import context, numbers
from published_tables import SUBSET, lines, printed_context, scores


def test_the_difference_stands_beside_the_value_in_html() -> None:
    values = {(line["labels"], line["category"]): line["mean"] for line in lines("table16")}
    made = scores(SUBSET, {"S+": 300, "S-": 10, "M+": 190, "M-": 5}, 460)
    frame = metrics.measure(made, "gpt_4o", "cw.repeated", "exclude", 0.95)
    table = tables.build("variants", printed_context({"gpt_4o": ("cw.repeated",)}, SUBSET, [frame]))
    page = to_html(published.with_published(table, published_counts.PUBLISHED / "table16.csv", {}))
    assert values["imgt", "A"] == "74.69"
    assert '73.60</a></td><td class="behind"' in page
    assert '<td class="number">74.69</td><td class="behind">±0.19 (−1.09)</td>' in page


def test_a_model_is_found_under_the_name_that_the_paper_gives_it(tmp_path: Path) -> None:
    path = tmp_path / "table3.csv"
    path.write_text("model,task,labels,category,accuracy\nEfficientNet,cw,regt,A,56.78\nEfficientNet,cw,imgt,A,\n")
    table = published.with_published(tables.build("recognition", context()), path, {"lite0": "EfficientNet"})
    imgt, regt, *_ = numbers(table, "lite0", "cw")
    assert (regt.published, regt.difference) == (56.78, pytest.approx(55 - 56.78))
    assert imgt.published is None
    assert {number.published for number in numbers(table, "lite2", "cw")} == {None}


@pytest.mark.parametrize(("text", "found"), [("model,score\na,1\n", "model, score"), ("model,score\n", "none")])
def test_a_file_with_the_columns_of_no_published_table_is_refused(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        published.with_published(tables.build("recognition", context()), path, {})
    assert str(caught.value) == (
        f"{path}: columns: expected those of a published table, found {found}; "
        "name the file of one of the paper's tables"
    )


def test_every_published_table_of_numbers_and_figure_7_has_a_reader() -> None:
    table = tables.build("recognition", context())
    paths = {path.stem: path for path in published_counts.PUBLISHED.glob("*.csv")}
    # Table 7 is of texts alone.
    assert paths.pop("table7")
    for path in paths.values():
        published.with_published(table, path, {})
    assert len(paths) == 17
