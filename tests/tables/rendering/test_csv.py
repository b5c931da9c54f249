import csv

import pytest
from imeval.tables.rendering import to_csv
from made_tables import number, table, texts


def rows_of(rendered: str) -> list[dict[str, str]]:
    return list(csv.DictReader(rendered.splitlines()))


def test_no_value_is_empty() -> None:
    (row,) = rows_of(to_csv(table(number(None, reference=1.0))))
    assert (row["value"], row["delta"]) == ("", "")


def test_csv_is_one_row_a_value_in_full_precision() -> None:
    value = number(
        100 * 13 / 21,
        ci_low=40.5,
        ci_high=80.25,
        ci_method="wilson",
        resampled_low=41.5,
        resampled_high=79.5,
        resampled_method="bootstrap_classes",
        delta_low=2.5,
        delta_high=20.5,
        reference=50.0,
        rank=2,
        rank_low=1,
        rank_high=4,
        published=60.0,
        n_alone=5,
    )
    assert to_csv(table(value)) == (
        "table,model,title,group,task,labels,category,metric,value,n,n_hit,n_asked,n_error,n_unreadable,n_empty,"
        "n_refused,n_oop,n_alone,alone,runs,ci_low,ci_high,ci_method,"
        "resampled_low,resampled_high,resampled_method,delta,delta_low,delta_high,rank,rank_low,rank_high,best,published,"
        "difference,image_set,"
        "label_set\n"
        "table3,socratic,Socratic,mllm,ow,regt,S+,accuracy,61.904761904761905,20,13,22,2,,1,,0,5,25.0,1,40.5,80.25,"
        "wilson,41.5,79.5,bootstrap_classes,11.904761904761905,2.5,20.5,2,1,4,False,60.0,"
        "1.904761904761905,the demo's 20 photographs,demo ReGT\n"
    )


def test_csv_of_a_table_of_texts_is_the_table_with_its_image_set() -> None:
    assert to_csv(texts("GPT-4o", "undisclosed")) == (
        "Column 0,Column 1,image_set\nGPT-4o,undisclosed,the demo's 20 photographs\n"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r\n+"])
def test_a_title_that_a_spreadsheet_would_compute_is_quoted(start: str) -> None:
    title = f"{start}cmd|' /C calc'!A0"
    (row,) = rows_of(to_csv(table(number(-1.5), title=title)))
    assert row["title"] == f"'{title.strip()}"
    assert row["value"] == "-1.5"
    assert to_csv(texts(title)).startswith(f"Column 0,image_set\n'{title.strip()},")


def test_a_title_of_several_lines_is_one_line_in_csv() -> None:
    assert to_csv(texts("a\r\nb\rc")).startswith("Column 0,image_set\na b c,")
