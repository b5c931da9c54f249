"""The paper's printed numbers, as results."""

from collections.abc import Collection, Mapping

import numpy as np

from imeval.claims.results import Key, Results
from imeval.tables import published


def read_published(files: Mapping[str, str], groups: Mapping[str, str], closed: Collection[str]) -> Results:
    """Read the paper's tables.

    Args:
        files: the CSV file of each table, by the table's name.
        groups: the group of each model.
        closed: the models behind a paid API.
    """
    values: dict[Key, float] = {}
    for table, path in files.items():
        for printed_key, printed in published.read_printed(path).items():
            key = Key(table, *printed_key)
            values[key] = float(printed.value)
            if printed.half_width:
                values[key._replace(metric="half_width")] = float(printed.half_width)
    for key, images in list(values.items()):
        # Table 14 counts images of N among the correct ones of A, so S and M are added up.
        if key.metric == "oop_mapped_images" and key.category == "S":
            mended = images + values[key._replace(category="M")]
            values[key._replace(metric="mended_images", category="A")] = mended
    for key, images in list(values.items()):
        # Figure 7 has four outcomes; in two of them the model's class is among the labels afterwards.
        if key.metric == "disputed_preferred":
            adopted = images + values[key._replace(metric="disputed_combined")]
            others = (values[key._replace(metric=f"disputed_{outcome}")] for outcome in ("preserved", "other"))
            values[key._replace(metric="adopted")] = 100 * adopted / (adopted + sum(others))
    absent = dict.fromkeys({key.table for key in values} ^ set(files), "not printed")
    return Results({key: np.array([value]) for key, value in values.items()}, groups, closed, absent=absent)
