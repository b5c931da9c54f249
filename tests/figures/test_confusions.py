from pathlib import Path

import pytest
from imeval.choices.contract import Confusions
from imeval.figures import confusions
from imeval.figures.context import Model
from imeval.figures.drawing import Drawn
from made_figures import context, texts

NAMES = {"0": "goose", "1": "duck", "2": "swan"}


def drawn(folder: Path, *rows: tuple[int, int, int, float], pairs: int = 20) -> Drawn:
    made = context(
        folder,
        {"confusions": (Confusions, list(rows))},
        models={"eva": Model("EVA", "supervised")},
        class_renames=NAMES,
    )
    return confusions.figure(made, confusions.Settings(pairs=pairs))


def test_the_most_confused_pairs_are_listed_by_name_from_the_top(tmp_path: Path) -> None:
    found = drawn(tmp_path, (0, 1, 5, 0.2), (1, 0, 7, 0.1), (2, 1, 0, 0.9))
    assert found.title == "EVA: its most confused classes, of my images"
    assert texts(found.figure) == ["duck → goose", "7", "goose → duck", "5"]
    (ax,) = found.figure.axes
    assert "(2 of 2 pairs, with 12 of 12 confused images)" in ax.get_xlabel()
    top, bottom = ax.get_ylim()[::-1]
    assert top < 0 < bottom
    assert found.data["class_name"].to_list() == ["duck", "goose"]


def test_of_pairs_confused_equally_often_the_higher_mean_score_comes_first(tmp_path: Path) -> None:
    found = drawn(tmp_path, (0, 1, 5, 0.2), (1, 0, 5, 0.3))
    assert texts(found.figure)[0] == "duck → goose"


def test_of_a_thousand_classes_the_most_confused_pairs_are_shown_and_the_share_of_the_others(tmp_path: Path) -> None:
    rows = [(place, 999, 1 + place % 7, 0.5) for place in range(900)]
    found = drawn(tmp_path, *rows, pairs=10)
    (ax,) = found.figure.axes
    assert len(ax.patches) == len(found.data) == 10
    assert "(10 of 900 pairs, with 70 of 3594 confused images)" in ax.get_xlabel()


def test_two_classes_have_the_room_of_their_bars(tmp_path: Path) -> None:
    two, ten = drawn(tmp_path, (0, 1, 5, 0.2)), drawn(tmp_path, *((0, place, 1, 0.1) for place in range(1, 11)))
    assert two.figure.get_figheight() == pytest.approx(ten.figure.get_figheight() - 9 * 0.32)


def test_without_a_confusion_the_figure_says_so(tmp_path: Path) -> None:
    found = drawn(tmp_path)
    assert texts(found.figure) == ["no image is taken for one of another class"]
    assert found.text.endswith(": none.")
