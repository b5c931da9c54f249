"""What a person reads of a job: its log file, and one clear sentence when it fails for a reason outside the code."""

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
from types import FrameType
from typing import Any, NoReturn

from imeval import provenance
from imeval.errors import DamagedError, UserError, mistake

# Jobs run side by side: the progress bars of their libraries would overwrite each other.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

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
    """Log a job to its file and its failures to the terminal as well.

    A file that is found damaged is deleted, so that the same command makes it anew.

    Args:
        log: the job's log file.
        subject: what the numbers are of, such as "the demo's 20 photographs"; the log's first line says it.
        computing: the settings of the model that the job runs. What it ran on is noted beside the log then, as no
            result may hold it: a rerun on another machine that makes the same bytes is to stop there.

    Raises:
        SystemExit: after a UserError, by a full or read-only disk, by Ctrl-C or SIGTERM; without a traceback.
    """
    try:
        with _stopped_by_signals(), _logged(Path(log), subject, computing):
            yield
    except UserError as error:
        if isinstance(error, DamagedError):
            error.path.unlink(missing_ok=True)
        sys.exit(f"imeval: {error}\nimeval: the log of this job is {log}")
    except OSError as error:
        number = _number(error)
        if number not in _OF_THE_DISK:
            raise
        field, expected, remedy = _OF_THE_DISK[number]
        where = error.filename or f"the job of {log}"
        sys.exit(f"imeval: {mistake(where, field, expected, os.strerror(number), remedy)}")


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
    logging.info("Images: %s", subject)
    start = time.monotonic()
    try:
        yield
    except (UserError, SystemExit) as error:
        logging.error("%s", error)
        raise
    except BaseException:
        logging.exception("The job failed; the log of this job is %s", log)
        raise
    if computing is not None:
        _note(log.with_suffix(".json"), computing)
    logging.info("Done in %.1f s", time.monotonic() - start)


def _note(path: Path, computing: Mapping[str, Any]) -> None:
    try:
        provenance.note(path, provenance.weights(computing))
    except Exception:
        # A night's results are worth more than a word on what they were computed on.
        logging.exception("What this job ran on could not be noted")


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the job in one sentence, after what is half written has been removed."""
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        # Polars takes Ctrl-C for itself while it computes.
        _stop(signal.SIGINT, None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(f"imeval: stopped by {signal.Signals(number).name}; {_GOES_ON}")
