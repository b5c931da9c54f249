"""The journal of submitted batches, by which a killed job resumes.

It is the folder `batches` beside a model's answers, with a file a batch, named by its tag:

    {"tag": "5f0c...", "request_keys": ["8da3..."], "usd": 0.25, "written": 1.7e9, "batch_id": "batch_6ab", "status":
    "completed", "crc32": "0f3a91c2"}

`tags` is the lock of the journal, and lists all tags. On NFS a folder's listing may be a minute old, but a locked file
and a file opened by its name are not.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from imeval.base import locks
from imeval.base.files import replacing
from imeval.base.sealed import DAMAGE, sealed, unsealed

FINAL = frozenset({"completed", "expired", "cancelled", "failed"})
"""The statuses of a batch that has ended."""

ABSENT = "absent"
"""The status of an entry whose batch the API never received."""


@dataclass(frozen=True)
class Entry:
    """A batch in the journal, written before the batch is submitted.

    `batch_id` and `status` follow once they are known. `usd` is the most that its requests can cost. `written` is in
    seconds since 1970, by the clock of the machine that wrote it. An entry without request keys was found damaged: only
    its tag is known.
    """

    tag: str
    request_keys: tuple[str, ...]
    usd: float
    written: float
    batch_id: str | None = None
    status: str | None = None

    @property
    def under_way(self) -> bool:
        """Return whether the batch may still run, or is being submitted."""
        return self.status not in FINAL and self.status != ABSENT

    @property
    def is_unknown(self) -> bool:
        """Return whether only the API knows if it has the batch."""
        return self.batch_id is None and self.under_way


_FIELDS = frozenset(field.name for field in fields(Entry))
_TAG = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Journal:
    """A model's batches, as files beside its responses."""

    def __init__(self, store: str | Path) -> None:
        self._folder = Path(store) / "batches"
        self._tags = self._folder / "tags"

    def path(self, entry: Entry) -> Path:
        """Return the file of an entry."""
        return self._path(entry.tag)

    def exists(self) -> bool:
        """Return whether any batch was submitted."""
        return self._folder.is_dir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait until no other job submits, and keep others waiting."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with open(self._tags, "ab") as file:
            locks.wait_for(file)
            yield

    def add(self, entry: Entry) -> None:
        """Write a new entry into the locked journal."""
        self.write(entry)
        with open(self._tags, "ab") as file:
            # The line before may have been cut short.
            file.write(f"\n{entry.tag}\n".encode())

    def end(self, entry: Entry, status: str) -> None:
        """Note the status with which a batch ended."""
        # Two jobs that waited for one batch may come here at once.
        with self.locked():
            self.write(replace(entry, status=status))

    def write(self, entry: Entry) -> None:
        """Write an entry, or replace the one with its tag.

        The journal must be locked, as two writers of one file hinder each other.
        """
        with replacing(self.path(entry)) as partial:
            partial.write_bytes(sealed(asdict(entry)))

    def entries(self) -> list[Entry]:
        """Return all entries, the oldest first.

        Of a damaged entry only the tag is left, and the log names its file.
        """
        tags = {path.stem for path in self._folder.glob("*.json")}
        if self._tags.exists():
            tags |= set(filter(_TAG.fullmatch, self._tags.read_text(errors="replace").split()))
        entries = filter(None, map(self._read, tags))
        return sorted(entries, key=lambda entry: (entry.written, entry.tag))

    def usd_under_way(self) -> float:
        """Return the most dollars that the batches under way can cost."""
        return sum(entry.usd for entry in self.entries() if entry.under_way)

    def submissions(self) -> Counter[str]:
        """Count the batches of each request, by request key."""
        # Of a batch that failed as a whole nothing ran.
        ran = (entry for entry in self.entries() if entry.batch_id and entry.status != "failed")
        return Counter(key for entry in ran for key in entry.request_keys)

    def _path(self, tag: str) -> Path:
        return self._folder / f"{tag}.json"

    def _read(self, tag: str) -> Entry | None:
        """Return an entry, None if there is none."""
        path = self._path(tag)
        try:
            content = unsealed(path.read_bytes(), _FIELDS)
            # JSON has no tuples, so the keys were read as a list.
            entry = Entry(**content | {"request_keys": tuple(content["request_keys"])})
            if entry.tag != tag or not all(isinstance(key, str) for key in entry.request_keys):
                raise ValueError("another tag, or keys that are none")
            return entry
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (*DAMAGE, KeyError) as error:
            logging.warning("%s: damaged (%s), so its batch is looked for at the API by its tag", path, error)
            return Entry(tag, (), 0.0, 0.0)
