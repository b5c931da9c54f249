"""What a person reads of a job: its log file, how far it is, and one clear sentence when it fails."""

import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TextIO

from imeval.errors import UserError
from imeval.progress import LOGGER as PROGRESS
from imeval.progress import duration

# Jobs run side by side: the progress bars of their libraries would overwrite each other.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

_SILENCE = 30.0

_ERROR = re.compile(r"^\S+ \S+ ERROR (.+)$", re.MULTILINE)


@contextmanager
def job(log: str, subject: str) -> Iterator[None]:
    """Log a job to its file, and how far it is to the terminal as well.

    Args:
        log: the job's log file.
        subject: what the numbers are of, such as "the demo's 20 photographs"; the log's first line says it.

    Raises:
        SystemExit: after a failure; one sentence about it stands in the log, before its traceback.
    """
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    logging.captureWarnings(True)
    PROGRESS.handlers = [shown := _Shown(log)]
    logging.info("Images: %s", subject)
    start = time.monotonic()
    try:
        with _signs_of_life(shown):
            yield
    except UserError as error:
        logging.exception("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        logging.error("interrupted")
        sys.exit(130)
    except Exception as error:
        logging.exception("unexpected %s", " ".join(f"{type(error).__name__}: {error}".split()))
        sys.exit(1)
    logging.info("Done in %.1f s", time.monotonic() - start)


def failure(log: str | Path, since: float) -> str | None:
    """Return the sentence that a job which began at `since`, in seconds since 1970, left in its log when it failed.

    None if it left none: one that was killed, or that ended before it had a log.
    """
    path = Path(log)
    if not path.is_file() or path.stat().st_mtime < since:
        return None
    sentences = _ERROR.findall(path.read_text(errors="replace"))
    return sentences[-1] if sentences else None


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
