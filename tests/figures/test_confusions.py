import polars as pl
from imeval.choices.contract import Confusions
from imeval.figures import confusions

NAMES = ["goose", "duck", "swan"]


def confused(*rows: tuple[int, int, int, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=Confusions.create_empty().schema, orient="row")


def test_the_most_confused_pairs_are_listed_by_name_from_the_top() -> None:
    frame = confused((0, 1, 5, 0.2), (1, 0, 7, 0.1), (2, 1, 0, 0.9))
    figure = confusions.draw(frame, NAMES, "EVA on photographs")
    assert figure.get_suptitle() == "EVA on photographs: the 2 most confused of 2 confused pairs"
    (ax,) = figure.axes
    # Matplotlib counts from the bottom up.
    assert [label.get_text() for label in ax.get_yticklabels()] == ["goose → duck", "duck → goose"]
    assert [bar.get_width() for bar in ax.patches] == [5, 7]


def test_of_pairs_confused_equally_often_the_higher_mean_score_comes_first() -> None:
    figure = confusions.draw(confused((0, 1, 5, 0.2), (1, 0, 5, 0.3)), NAMES, "EVA")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["goose → duck", "duck → goose"]


def test_no_more_than_twenty_pairs_are_shown() -> None:
    names = [f"class {place}" for place in range(26)]
    figure = confusions.draw(confused(*((place, 25, 1 + place, 0.5) for place in range(25))), names, "EVA")
    assert figure.get_suptitle() == "EVA: the 20 most confused of 25 confused pairs"
    assert len(figure.axes[0].patches) == 20


def test_a_figure_of_no_confusion_is_drawn() -> None:
    figure = confusions.draw(Confusions.create_empty(), [], "None")
    assert figure.get_suptitle() == "None: the 0 most confused of 0 confused pairs"
