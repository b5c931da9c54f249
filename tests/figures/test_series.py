from pathlib import Path

import polars as pl
import pytest
from imeval.figures import series
from imeval.figures.drawing import figure_of
from imeval.scoring.contract import Metrics
from made_figures import context


def test_a_share_has_wilsons_interval_in_percent_and_nothing_to_count_has_none() -> None:
    found = series.shares(pl.DataFrame({"hits": [5, 0], "images": [10, 0]}), 0.95)
    assert found["value"].to_list() == [50.0, None]
    assert found.select("ci_low", "ci_high").row(0) == pytest.approx((23.66, 76.34), abs=0.01)


def test_a_series_leaves_out_points_without_a_value_and_has_a_line_for_each_interval() -> None:
    ax = figure_of(1).subplots()
    points = series.shares(pl.DataFrame({"x": [1, 2, 3], "hits": [5, 0, 8], "images": [10, 0, 10]}), 0.95)
    series.draw(ax, points, "x", 1, apart=0.5)
    (line,) = ax.lines
    assert list(line.get_xdata()) == [1.5, 3.5]
    assert len(ax.collections[0].get_segments()) == 2


def test_accuracies_stand_beside_facts_by_numbers_whose_titles_stand_below(tmp_path: Path) -> None:
    row = ("net", "cw", "accuracy", "regt", "A", 0.5, 0.4, 0.6, "wilson", 100, 50, 100, 0, 0, 0, 0, 0, 0, 1)
    made = context(tmp_path, {"metrics_0": (Metrics, [row])}, rows=[("net", "cw")])
    points = series.against(made, made.rows, "regt", [3.0])
    assert points.select("title", "fact", "value", "ci_low").rows() == [("My <net>", 3.0, 50.0, 40.0)]
    figure = figure_of(2)
    ax = figure.subplots()
    series.scatter(figure, ax, points, "fact")
    assert [text.get_text() for text in ax.texts] == ["1"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["1 My <net>"]
    assert ax.get_xscale() == "log"
    assert ax.xaxis.get_major_formatter()(0.1, 0) == "0.1"
    assert series.in_words(points, "fact", "billion parameters") == "My <net>: 3 billion parameters, 50.0 %."
    assert series.against(made, [], "regt", []).is_empty()


def test_series_differ_in_marker_and_colour() -> None:
    figure = figure_of(1)
    series.list_series(figure, ["a", "b", "c", "d", "e", "f"])
    handles = figure.legends[0].legend_handles
    assert len({(handle.get_color(), handle.get_marker()) for handle in handles}) == 6
    assert series.height(["a"] * 6) == pytest.approx(3 * 0.16)
    assert series.range_in_words(pl.DataFrame({"value": [1.0, None, 3.0]})) == "1.0 to 3.0 %"
