"""The log, progress and failure of a job.

Beside a job's `a.log` are `a.json`, the machine and weights if it ran a model, and `a.failure.json`, the reason if it
failed.
"""

import errno
import gc
import json
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Any, NoReturn, TextIO

from imeval.base import machine
from imeval.base.errors import DamagedError, UserError, mistake, printable
from imeval.base.progress import LOGGER as PROGRESS
from imeval.base.progress import duration

# Jobs run side by side: the progress bars of their libraries would overwrite each other.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

_SILENCE = 30.0
"""Seconds without a line of progress after which a line reports that the job still runs."""

_GOES_ON = "run the same command again, which goes on from there"
_OBJECTS_BETWEEN_SEARCHES = 100_000
"""New objects after which a job without a model searches for garbage.

Python's 700 take a third of the time of reading a table, none of whose cells is garbage.
"""

_ROOM = ("disk", "enough free space", f"make room and {_GOES_ON}")
_RIGHTS = ("permissions", "read and write access", f"correct them and {_GOES_ON}")
_DISK_ERRORS = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EROFS: ("disk", "a writable disk", f"make it writable and {_GOES_ON}"),
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
}
"""Errors of the system that the user can correct: field, expected, remedy."""


@contextmanager
def job(log: str, subject: str, computing: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Run the body as a job: log it, and report its failure.

    A result that is found damaged is deleted, and the same command makes it again.

    Args:
        log: the job's log file.
        subject: what the numbers describe, such as "the demo's 20 photographs"; the first line of the log.
        computing: the settings of the model that the job runs. Machine and weights are then noted beside the log. No
            result may hold them, as a rerun on another machine that makes the same bytes must end there.

    Raises:
        SystemExit: the job failed, by an error, Ctrl-C or SIGTERM. The reason stands in the log before its traceback,
            and in the file that `failure` reads.
    """
    path = Path(log)
    _remove_earlier_failure(path)
    if computing is None:
        gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES, 10, 10)
    try:
        with _stopped_by_signals(), _logged(path, subject, computing):
            yield
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        if isinstance(error, DamagedError):
            error.path.unlink(missing_ok=True)
        reason = _reason(error, path)
        # If the reason cannot be written, as on a full disk, only the terminal is left.
        sys.exit(1 if _write_failure(path, reason) else f"imeval: {reason}")


def failure(log: str | Path, since: float) -> str | None:
    """Return the reason of a failed job, if it left any.

    A job leaves none if it was killed, or ended before it began to log.

    Args:
        log: the job's log file.
        since: when the job started, in seconds since 1970; an older reason is of an earlier run.
    """
    path = _failure_file(Path(log))
    try:
        if path.stat().st_mtime < since:
            return None
        return str(UserError.restored(json.loads(path.read_text(encoding="utf-8"))))
    # A disk that became full may have left half a file, which is no JSON.
    except (OSError, ValueError):
        return None


def _failure_file(log: Path) -> Path:
    return log.with_suffix(".failure.json")


def _remove_earlier_failure(log: Path) -> None:
    # `failure` also compares the file's date, which does not help where clocks differ or were set back.
    with suppress(OSError):
        _failure_file(log).unlink(missing_ok=True)


def _write_failure(log: Path, reason: UserError) -> bool:
    """Write the reason, and return whether that succeeded."""
    try:
        _failure_file(log).write_text(json.dumps(reason.record()), encoding="utf-8")
    except OSError:
        return False
    return True


def _reason(error: BaseException, log: Path) -> UserError:
    """Return an error as the user reads it."""
    match error:
        case UserError():
            return error
        case SystemExit():
            return UserError(str(error))
        case KeyboardInterrupt():
            # Polars takes Ctrl-C for itself while it computes, and raises this.
            return UserError(_stopped_by(signal.SIGINT))
        case OSError() if (number := _system_error_number(error)) in _DISK_ERRORS:
            field, expected, remedy = _DISK_ERRORS[number]
            where = getattr(error, "filename", None) or f"the job of {log}"
            return mistake(where, field, expected, os.strerror(number), remedy)
    return UserError(" ".join(f"unexpected {type(error).__name__}: {error}".split()))


def _system_error_number(error: OSError) -> int:
    """Return an error's `errno`, 0 without one."""
    # Polars raises a bare OSError("No space left on device (os error 28)"), without `errno`: the text alone has it.
    in_text = re.search(r"\(os error (\d+)\)", str(error))
    return error.errno or (int(in_text[1]) if in_text else 0)


@contextmanager
def _logged(log: Path, subject: str, computing: Mapping[str, Any] | None) -> Iterator[None]:
    log.parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(log, mode="w")
    file.setFormatter(_Printable("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[file], level=logging.INFO, force=True)
    logging.captureWarnings(True)
    # On a full disk a job may lose the lines of its log, but not its work.
    logging.raiseExceptions = False
    PROGRESS.handlers = [terminal := _ProgressOnTerminal(str(log))]
    logging.info("Images: %s", subject)
    start = time.monotonic()
    try:
        with _still_running(terminal):
            yield
    except (SystemExit, KeyboardInterrupt) as error:
        logging.error("%s", _reason(error, log))
        raise
    except Exception as error:
        logging.exception("%s", _reason(error, log))
        raise
    if computing is not None:
        _note_machine(log.with_suffix(".json"), computing)
    logging.info("Done in %.1f s", time.monotonic() - start)


def _note_machine(path: Path, computing: Mapping[str, Any]) -> None:
    try:
        machine.write_note(path, machine.named_weights(computing))
    except Exception:
        # A missing note about the machine is no reason to lose a night's results.
        logging.exception("The machine and the weights of this job could not be noted")


class _Printable(logging.Formatter):
    """Escapes the invisible characters of a line."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(printable, super().format(record).split("\n")))


class _ProgressOnTerminal(logging.StreamHandler[TextIO]):
    """Progress on the terminal, each line with the name of its log."""

    def __init__(self, log: str) -> None:
        super().__init__()
        self.began = self.last = time.monotonic()
        name = log.removeprefix("results/logs/").removesuffix(".log")
        self.setFormatter(_Printable(f"%(asctime)s    … {name}: %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self.last = time.monotonic()
        super().emit(record)


@contextmanager
def _still_running(terminal: _ProgressOnTerminal) -> Iterator[None]:
    """Report regularly that a job without progress still runs.

    It may load a model or fetch a file.
    """
    ended = Event()

    def watch() -> None:
        while not ended.wait(1):
            if time.monotonic() - terminal.last >= _SILENCE:
                PROGRESS.info("still running after %s", duration(time.monotonic() - terminal.began))

    Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Raise SystemExit at Ctrl-C and SIGTERM, to remove half-written files."""
    # A job also ignores the signals that its run ignores, as under nohup.
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
