from pathlib import Path

from imeval.choices.contract import Choices
from imeval.figures import option_positions
from imeval.figures.drawing import Drawn
from imeval.mapping.contract import Predictions
from made_figures import context, texts

SOURCES = ["imgt", "random", "random"]

# The image, the options, the place of ImGT and of the label, the chosen class.
QUESTIONS = [
    ("a", [5, 6, 7], 0, None, 5),
    ("b", [6, 5, 7], 1, None, 6),
    ("c", [7, 6, 5], 2, 0, 7),
    ("d", [5, 6, 7], 0, None, None),
]


def drawn(folder: Path, questions: list[tuple] = QUESTIONS) -> Drawn:
    choices = [(name, 0, options, SOURCES, imgt, regt) for name, options, imgt, regt, _ in questions]
    found = {True: ("unreadable", "none"), False: ("ok", "letter")}
    answers = [(name, k, *found[k is None]) for name, *_, k in questions]
    predictions = [(name, 0, status, "A", k, how, None, False, False, False) for name, k, status, how in answers]
    written = {"choices_0": (Choices, choices), "predictions_0": (Predictions, predictions)}
    rows = [("chat", "mc.imgt_random")]
    made = context(folder, written, rows=rows, models={"chat": context(folder, {}).models["chat"]})
    return option_positions.figure(made, option_positions.Settings())


def test_chosen_and_correct_options_are_counted_by_position(tmp_path: Path) -> None:
    found = drawn(tmp_path)
    chosen = found.data.filter(kind="chosen").select("position", "hits", "questions").rows()
    # An answer that names no option chooses none.
    assert chosen == [(1, 3, 3), (2, 0, 3), (3, 0, 3)]
    right = found.data.filter(kind="right").select("position", "hits", "questions").rows()
    # Where both labels are offered, that of the label set is correct.
    assert right == [(1, 2, 3), (2, 0, 1), (3, 0, 0)]
    _, lower = found.figure.axes
    assert [label.get_text() for label in lower.get_xticklabels()] == ["A", "B", "C"]
    assert "My chat chooses A 100.0 %, B 0.0 %, C 0.0 %." in found.text


def test_without_an_answer_the_figure_says_so(tmp_path: Path) -> None:
    assert texts(drawn(tmp_path, []).figure) == ["no answer chooses an option"] * 2
