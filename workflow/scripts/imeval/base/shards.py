"""Names of shards, such as 00000-of-00032."""

PATTERN = r"\d{5}-of-\d{5}"
"""A regular expression that every name matches."""


def all_names(shards: int) -> list[str]:
    """Return the names of all shards, in order."""
    return [f"{number:05d}-of-{shards:05d}" for number in range(shards)]


def first(name: str) -> str:
    """Return the first of a shard's siblings: 00000-of-00032 of 00007-of-00032."""
    return f"00000{name[5:]}"


def place(name: str) -> tuple[int, int]:
    """Return a shard's number, from 0, and the number of shards."""
    number, shards = (int(part) for part in name.split("-of-"))
    return number, shards
