"""Table 11: accuracy by the order of images."""

from imeval.tables.by_setting import setting_table
from imeval.tables.cells import Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import ACCURACY_OF_ALL_IMAGES

LAYOUT = Layout(models="mllm", every_task=True, resampled=True)


def build(context: Context) -> Table:
    """Build Table 11: a row for each order."""
    by_order = "by the order of the images,"
    return setting_table(context, "Order", ACCURACY_OF_ALL_IMAGES, by_order, counts_out_of_prompt=True)
