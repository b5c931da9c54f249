"""The journal of submitted batches, by which a killed job resumes."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from imeval.base.files import replacing

FINAL = frozenset({"completed", "expired", "cancelled", "failed"})
"""The statuses of a batch that has ended."""


@dataclass(frozen=True)
class Entry:
    """A batch in the journal, written before the batch is submitted.

    `batch_id` and `status` follow once they are known. `usd` is the most that its requests can cost. `written` is in
    seconds since 1970; a batch with this tag is not older.
    """

    tag: str
    request_keys: tuple[str, ...]
    usd: float
    written: float
    batch_id: str | None = None
    status: str | None = None

    @property
    def under_way(self) -> bool:
        """Return whether the batch was submitted and may still run."""
        return self.batch_id is not None and self.status not in FINAL


class Journal:
    """A model's batches, as JSON files beside its responses."""

    def __init__(self, store: str | Path) -> None:
        self._folder = Path(store) / "batches"

    def path(self, entry: Entry) -> Path:
        """Return the file of an entry."""
        return self._folder / f"{entry.tag}.json"

    def write(self, entry: Entry) -> None:
        """Write an entry, or replace the one with its tag."""
        with replacing(self.path(entry)) as partial:
            partial.write_text(json.dumps(asdict(entry)))

    def entries(self) -> list[Entry]:
        """Return all entries, the oldest first."""
        read = [json.loads(path.read_text()) for path in self._folder.glob("*.json")]
        # JSON has no tuples, so the keys were read as a list.
        entries = [Entry(**content | {"request_keys": tuple(content["request_keys"])}) for content in read]
        return sorted(entries, key=lambda entry: (entry.written, entry.tag))

    def usd_under_way(self) -> float:
        """Return the most dollars that the batches under way can cost."""
        return sum(entry.usd for entry in self.entries() if entry.under_way)

    def submissions(self) -> Counter[str]:
        """Count the batches of each request, by request key."""
        # Of a batch that failed as a whole nothing ran.
        ran = (entry for entry in self.entries() if entry.batch_id and entry.status != "failed")
        return Counter(key for entry in ran for key in entry.request_keys)
