"""Tables 10, 13 and 16: tasks by one setting."""

from imeval.tables.by_setting import setting_table
from imeval.tables.cells import Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import ACCURACY

LAYOUT = Layout(models="mllm", every_task=True, resampled=True)


def build(context: Context) -> Table:
    """Build a row for each setting."""
    return setting_table(context, "Setting", ACCURACY, "by the setting of the task,", counts_out_of_prompt=True)
