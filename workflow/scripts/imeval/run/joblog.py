"""What a person reads of a job: its log file, how far it is, and one clear sentence when it fails."""

import errno
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Any, NoReturn, TextIO

from imeval.base import machine
from imeval.base.errors import DamagedError, UserError, mistake
from imeval.base.progress import LOGGER as PROGRESS
from imeval.base.progress import duration

# Jobs run side by side: the progress bars of their libraries would overwrite each other.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

_SILENCE = 30.0

_ERROR = re.compile(r"^\S+ \S+ ERROR (.+)$", re.MULTILINE)

_GOES_ON = "run the same command again, which goes on from there"
_ROOM = ("disk", "room for what is written", f"make room and {_GOES_ON}")
_RIGHTS = ("permissions", "those to read or write it", f"mend them and {_GOES_ON}")
_OF_THE_DISK = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EROFS: ("disk", "one that can be written to", f"make it writable and {_GOES_ON}"),
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
}


@contextmanager
def job(log: str, subject: str, computing: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Log a job to its file, and how far it is to the terminal as well.

    A file that is found damaged is deleted, so that the same command makes it anew.

    Args:
        log: the job's log file.
        subject: what the numbers are of, such as "the demo's 20 photographs"; the log's first line says it.
        computing: the settings of the model that the job runs. What it ran on is noted beside the log then, as no
            result may hold it: a rerun on another machine that makes the same bytes is to stop there.

    Raises:
        SystemExit: after a failure, by Ctrl-C or SIGTERM; one sentence about it stands in the log, before its
            traceback.
    """
    try:
        with _stopped_by_signals(), _logged(Path(log), subject, computing):
            yield
    except SystemExit as error:
        # A signal that came before there was a log to tell of it.
        sys.exit(f"imeval: {error.code}" if isinstance(error.code, str) else error.code)
    except Exception as error:
        if isinstance(error, DamagedError):
            error.path.unlink(missing_ok=True)
        # A full disk has no room for the sentence in the log either.
        sys.exit(1 if failure(log, since=0) else f"imeval: {_sentence(error, log)}")


def failure(log: str | Path, since: float) -> str | None:
    """Return the sentence that a job which began at `since`, in seconds since 1970, left in its log when it failed.

    None if it left none: one that was killed, or that ended before it had a log.
    """
    path = Path(log)
    if not path.is_file() or path.stat().st_mtime < since:
        return None
    sentences = _ERROR.findall(path.read_text(errors="replace"))
    return sentences[-1] if sentences else None


def _sentence(error: Exception, log: str | Path) -> str:
    if isinstance(error, UserError):
        return str(error)
    number = _number(error) if isinstance(error, OSError) else 0
    if number in _OF_THE_DISK:
        field, expected, remedy = _OF_THE_DISK[number]
        where = getattr(error, "filename", None) or f"the job of {log}"
        return str(mistake(where, field, expected, os.strerror(number), remedy))
    return " ".join(f"unexpected {type(error).__name__}: {error}".split())


def _number(error: OSError) -> int:
    """Return the system's number of an error, which Polars tells in words; 0 without one."""
    told = re.search(r"\(os error (\d+)\)", str(error))
    return error.errno or (int(told[1]) if told else 0)


@contextmanager
def _logged(log: Path, subject: str, computing: Mapping[str, Any] | None) -> Iterator[None]:
    log.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    logging.captureWarnings(True)
    # On a full disk a job loses the lines of its log, not its work.
    logging.raiseExceptions = False
    PROGRESS.handlers = [shown := _Shown(str(log))]
    logging.info("Images: %s", subject)
    start = time.monotonic()
    try:
        with _signs_of_life(shown):
            yield
    except (SystemExit, KeyboardInterrupt) as error:
        # Polars takes Ctrl-C for itself while it computes.
        logging.error("%s", error if isinstance(error, SystemExit) else _stopped_by(signal.SIGINT))
        raise SystemExit(1) from None
    except Exception as error:
        logging.exception("%s", _sentence(error, log))
        raise
    if computing is not None:
        _note(log.with_suffix(".json"), computing)
    logging.info("Done in %.1f s", time.monotonic() - start)


def _note(path: Path, computing: Mapping[str, Any]) -> None:
    try:
        machine.write_note(path, machine.named_weights(computing))
    except Exception:
        # A night's results are worth more than a word on what they were computed on.
        logging.exception("What this job ran on could not be noted")


class _Shown(logging.StreamHandler[TextIO]):
    """Shows on the terminal how far the job is, under the name of its log: jobs run side by side."""

    def __init__(self, log: str) -> None:
        super().__init__()
        self.began = self.last = time.monotonic()
        name = log.removeprefix("results/logs/").removesuffix(".log")
        self.setFormatter(logging.Formatter(f"%(asctime)s    … {name}: %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line."""
        self.last = time.monotonic()
        super().emit(record)


@contextmanager
def _signs_of_life(shown: _Shown) -> Iterator[None]:
    """Say now and then that the job still runs while it says nothing itself, as it loads a model or fetches a file."""
    ended = Event()

    def watch() -> None:
        while not ended.wait(1):
            if time.monotonic() - shown.last >= _SILENCE:
                PROGRESS.info("still running after %s", duration(time.monotonic() - shown.began))

    Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the job in one sentence, after what is half written has been removed."""
    # What the run was started to ignore, as by nohup, is not meant for its jobs either.
    heeded = [one for one in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(one) != signal.SIG_IGN]
    before = {number: signal.signal(number, _stop) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(_stopped_by(signal.Signals(number)))


def _stopped_by(number: signal.Signals) -> str:
    return f"stopped by {number.name}; {_GOES_ON}"
