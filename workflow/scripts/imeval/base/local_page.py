"""Where `snakemake browse` serves its page."""

from urllib.parse import urlencode

HOST = "127.0.0.1"

PORT = 8765
"""The port where none is given."""


def images_of(table: str, **value: str) -> str:
    """Return the address of the images behind a value of a table.

    Args:
        table: the name of the table.
        value: what tells the value from the others in the table's CSV, such as model, task and category.
    """
    return f"http://{HOST}:{PORT}/value?{urlencode({'table': table, **value})}"
