import polars as pl
from imeval.figures import agreement
from imeval.scoring.contract import Agreement

MODELS = ("imgt", "one", "two")
ROWS = [(a, b, 0.5, 4, None if "two" in (a, b) else 1.0, 10) for a in MODELS for b in MODELS]
COLUMNS = ["model_a", "model_b", "spearman", "classes", "phi", "images"]
AGREEMENT = pl.DataFrame(ROWS, schema=COLUMNS, orient="row").select(Agreement.column_names())
TITLES = {"imgt": "ImGT", "one": "Model <One>", "two": "Model Two"}


def test_the_figure_has_a_square_for_each_measure_in_the_order_of_the_models() -> None:
    figure = agreement.draw(AGREEMENT, TITLES, "my images")
    assert figure.get_suptitle() == "Agreement of models on my images"
    spearman, phi = figure.axes
    assert (spearman.get_title(), phi.get_title()) == (
        "Spearman correlation of per-class recall", "Phi of correctness",
    )  # fmt: skip
    for ax in (spearman, phi):
        assert [label.get_text() for label in ax.get_yticklabels()] == list(TITLES.values())


def test_an_undefined_correlation_is_a_dash() -> None:
    spearman, phi = agreement.draw(AGREEMENT, TITLES, "my images").axes
    assert {text.get_text() for text in spearman.texts} == {"0.50"}
    assert [text.get_text() for text in phi.texts] == ["1.00", "1.00", "–", "1.00", "1.00", "–", "–", "–", "–"]


def test_values_are_white_where_the_square_is_dark() -> None:
    spearman, phi = agreement.draw(AGREEMENT, TITLES, "my images").axes
    assert spearman.texts[0].get_color() == "black"
    assert phi.texts[0].get_color() == "white"
