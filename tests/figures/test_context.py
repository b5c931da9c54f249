from pathlib import Path

import polars as pl
from imeval.figures.context import named, seeded
from imeval.scoring.contract import Metrics
from made_figures import context

ROWS = [("net", "cw"), ("chat", "cw"), ("chat", "ow")]


def metrics(place: int, accuracy: float) -> tuple[type[Metrics], list[tuple[object, ...]]]:
    model, task = ROWS[place]
    hits = int(100 * accuracy)
    row = (model, task, "accuracy", "regt", "A", accuracy, None, None, None, 100, hits, 100, 0, 0, 0, 0, 0, 0, 1)
    return Metrics, [row]


def test_the_best_rows_are_each_models_most_accurate_one_in_the_order_of_the_groups(tmp_path: Path) -> None:
    written = {f"metrics_{place}": metrics(place, accuracy) for place, accuracy in enumerate((0.5, 0.25, 0.75))}
    assert context(tmp_path, written, rows=ROWS).best_rows == [("chat", "ow"), ("net", "cw")]


def test_a_row_has_its_task_in_its_title_if_models_have_several(tmp_path: Path) -> None:
    made = context(tmp_path, {}, rows=ROWS, task_titles={"cw": "CW", "ow": "OW"})
    assert made.title(("chat", "ow"), several=True) == "My chat, OW"
    assert made.title(("chat", "ow"), several=False) == "My chat"


def test_class_names_are_those_that_the_image_set_replaces(tmp_path: Path) -> None:
    made = context(tmp_path, {}, class_renames={"1": "my fish"})
    frame = pl.DataFrame({"class_id": [0, 1, None], "labels": [[1], [], [0, 1]]})
    assert frame.select(named(made.names, "class_id")).to_series().to_list() == ["tench", "my fish", None]
    lists = frame.select(pl.col("labels").list.eval(named(made.names))).to_series().to_list()
    assert lists == [["my fish"], [], ["tench", "my fish"]]


def test_a_seed_orders_names_the_same_way_each_time() -> None:
    orders = {seed: tuple(sorted("abcd", key=lambda name: seeded(seed, name))) for seed in range(4)}
    assert len(set(orders.values())) > 1
    assert seeded(0, "a") == seeded(0, "a") != seeded(1, "a")
