"""The names of an image set's shards, such as 00000-of-00032."""

PATTERN = r"\d{5}-of-\d{5}"
"""What a name looks like, as a regular expression."""


def all_names(shards: int) -> list[str]:
    """Return the names of so many shards, in order."""
    return [f"{number:05d}-of-{shards:05d}" for number in range(shards)]


def place(name: str) -> tuple[int, int]:
    """Return the number of a shard, from 0, and that of all, of its name."""
    number, shards = (int(part) for part in name.split("-of-"))
    return number, shards
