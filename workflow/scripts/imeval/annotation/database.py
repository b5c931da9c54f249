"""The database of what people do on the page.

Each label set under review has one. It is a log: every decision, undo and skip is a row that no later one changes.
Each is on the disk before the page goes on, so nothing is lost when the server is killed.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError, mistake
from imeval.base.locks import hold

VERSION = 1
"""The version of the tables below."""

KINDS = ("decide", "undo", "skip")

_TABLES = """
CREATE TABLE actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('decide', 'undo', 'skip')),
  annotator TEXT NOT NULL,
  image_id TEXT NOT NULL,
  decision TEXT,
  time TEXT NOT NULL
);
CREATE TABLE review (image_set TEXT NOT NULL, labels TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Action:
    """What a person did about an image.

    `decision` has the further columns of `Decisions` if it is a decision. `time` is in UTC.
    """

    kind: str
    annotator: str
    image_id: str
    time: str
    decision: Mapping[str, Any] | None = None


class Database:
    """An open database, shared by threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def write(self, action: Action) -> None:
        """Append an action, and wait for the disk."""
        decision = json.dumps(action.decision, ensure_ascii=False) if action.decision is not None else None
        row = (action.kind, action.annotator, action.image_id, decision, action.time)
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT INTO actions (kind, annotator, image_id, decision, time) VALUES (?, ?, ?, ?, ?)", row
            )

    def actions(self) -> list[Action]:
        """Return all actions in their order."""
        with self._lock:
            return _actions(self._connection)


@contextmanager
def opened(path: str | Path, image_set: str, labels: str) -> Iterator[Database]:
    """Open, or make, the database of a label set.

    One server alone has it open.

    Raises:
        UserError: a folder that cannot be written, another server, another version, or another label set.
    """
    file = Path(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = open(file.with_name(f"{file.name}.lock"), "a")  # noqa: SIM115
    except OSError as error:
        raise _unwritable(file, error) from error
    with lock:
        try:
            hold(lock)
        except BlockingIOError as error:
            remedy = "use the page of that server, or end it"
            raise mistake(file, "server", "one at a time", "another one that is running", remedy) from error
        with closing(_connected(file, image_set, labels)) as connection:
            yield Database(connection)


def read_actions(path: str | Path) -> list[Action]:
    """Read all actions of a database.

    A server may have it open.

    Raises:
        UserError: no database, or one of another version.
    """
    with closing(sqlite3.connect(f"file:{Path(path).resolve()}?mode=ro", uri=True)) as connection:
        _check_version(path, connection)
        return _actions(connection)


def state(path: str | Path) -> int:
    """Return the number of a database's last action, 0 before the first."""
    with closing(sqlite3.connect(f"file:{Path(path).resolve()}?mode=ro", uri=True)) as connection:
        _check_version(path, connection)
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM actions").fetchone()
        return int(last)


def standing(actions: list[Action]) -> list[dict[str, Any]]:
    """Return each person's last decision about an image.

    An undo takes the decision back. The keys are the columns of `Decisions`.
    """
    last: dict[tuple[str, str], Action] = {}
    for action in actions:
        key = action.image_id, action.annotator
        if action.kind == "decide":
            # Taken out first, so that decisions stand in the order of their time.
            last.pop(key, None)
            last[key] = action
        elif action.kind == "undo":
            last.pop(key, None)
    return [
        {"image_id": one.image_id, "annotator": one.annotator, "time": one.time, **(one.decision or {})}
        for one in last.values()
    ]


def _connected(file: Path, image_set: str, labels: str) -> sqlite3.Connection:
    new = not file.exists() or file.stat().st_size == 0
    try:
        connection = sqlite3.connect(file, check_same_thread=False)
        # FULL: a decision is on the disk when it is committed, even if the machine loses its power.
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        if new:
            with connection:
                connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
                connection.execute("INSERT INTO review VALUES (?, ?)", (image_set, labels))
    except sqlite3.OperationalError as error:
        raise _unwritable(file, error) from error
    except sqlite3.DatabaseError as error:
        raise _no_database(file, error) from error
    try:
        _check_version(file, connection)
        # Only a write shows that the file can be written.
        with connection:
            connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("SELECT image_set, labels FROM review").fetchone()
        if found != (image_set, labels):
            remedy = "give each label set a database of its own"
            raise mistake(file, "labels", f"{labels} of {image_set}", " of ".join(reversed(found)), remedy)
    except sqlite3.OperationalError as error:
        connection.close()
        raise _unwritable(file, error) from error
    except UserError:
        connection.close()
        raise
    return connection


def _check_version(path: str | Path, connection: sqlite3.Connection) -> None:
    try:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise _no_database(path, error) from error
    if found != VERSION:
        remedy = "open it with the version of imeval that made it, and export its decisions as CSV"
        raise mistake(path, "version", str(VERSION), found, remedy)


def _actions(connection: sqlite3.Connection) -> list[Action]:
    rows = connection.execute("SELECT kind, annotator, image_id, decision, time FROM actions ORDER BY id")
    return [
        Action(kind, annotator, image_id, time, json.loads(decision) if decision else None)
        for kind, annotator, image_id, decision, time in rows
    ]


def _unwritable(file: Path, error: Exception) -> UserError:
    remedy = "make the folder writable, or set annotation.folder to another one"
    return mistake(file, "folder", "one that can be written", f"({error})", remedy)


def _no_database(path: str | Path, error: Exception) -> UserError:
    return mistake(path, "file", "a database of decisions", f"({error})", "move it away, or correct annotation.folder")
