"""Tables 6 and 18: accuracy on multiple-choice questions."""

from imeval.tables.by_setting import setting_table
from imeval.tables.cells import Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import ACCURACY

LAYOUT = Layout(models="mllm", resampled=True)


def build(context: Context) -> Table:
    """Build a row for each kind of options."""
    questions = "on multiple-choice questions, by the labels they offer and by their distractors,"
    return setting_table(context, "Options", ACCURACY, questions, counts_out_of_prompt=False)
