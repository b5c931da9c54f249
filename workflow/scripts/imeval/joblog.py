"""What a person reads of a job: its log file, and one clear sentence when it fails by the user's mistake."""

import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imeval import provenance
from imeval.errors import UserError

# Jobs run side by side: the progress bars of their libraries would overwrite each other.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


@contextmanager
def job(log: str, subject: str, computing: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Log a job to its file and its failures to the terminal as well.

    Args:
        log: the job's log file.
        subject: what the numbers are of, such as "the demo's 20 photographs"; the log's first line says it.
        computing: the settings of the model that the job runs. What it ran on is noted beside the log then, as no
            result may hold it: a rerun on another machine that makes the same bytes is to stop there.

    Raises:
        SystemExit: after a UserError, whose sentence is printed without a traceback.
    """
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    logging.captureWarnings(True)
    logging.info("Images: %s", subject)
    start = time.monotonic()
    try:
        yield
    except UserError as error:
        logging.error("%s", error)
        sys.exit(f"imeval: {error}\nimeval: the log of this job is {log}")
    except BaseException:
        logging.exception("The job failed; the log of this job is %s", log)
        raise
    if computing is not None:
        _note(Path(log).with_suffix(".json"), computing)
    logging.info("Done in %.1f s", time.monotonic() - start)


def _note(path: Path, computing: Mapping[str, Any]) -> None:
    try:
        provenance.note(path, provenance.weights(computing))
    except Exception:
        # A night's results are worth more than a word on what they were computed on.
        logging.exception("What this job ran on could not be noted")
