"""The rules by which failed API calls are tried again."""

import random
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai
import tenacity

from imeval.models.api import failures
from imeval.models.api.clients import TooLarge
from imeval.models.api.openai_api import Settings
from imeval.models.api.replies import Malformed, Unusable

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
"""Seconds before the second attempt, and the limit of their doubling."""

_LONGEST_RETRY_AFTER = 600.0
_MOST_PAID_ATTEMPTS = 2


def retrying(settings: Settings) -> tenacity.Retrying:
    """Return a caller that waits and tries again, up to `max_attempts` times."""
    return tenacity.Retrying(**_policy(settings))


def async_retrying(settings: Settings, pause: Callable[[float], Awaitable[None]]) -> tenacity.AsyncRetrying:
    """Return the caller of `retrying` for coroutines.

    Args:
        settings: hold the number of attempts.
        pause: waits for some seconds, or less when the job ends.
    """
    return tenacity.AsyncRetrying(**_policy(settings), sleep=pause)


def may_pass(status: int) -> bool:
    """Return whether a request with this HTTP status may succeed later.

    A time-out (408), a conflict (409), a rate limit (429) and a server's failure (5xx) may pass.
    """
    return status in (408, 409, 429) or status >= 500


def may_be_billed(error: BaseException | None) -> bool:
    """Return whether an attempt that failed may have cost money.

    The request may have been answered if no answer came in time, if the connection broke, or if a proxy gave up.
    """
    if problem := failures.problem_of(error):
        return problem.status in (408, 504, 524)
    if isinstance(error, openai.APIConnectionError):
        return not isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return isinstance(error, TimeoutError | Malformed)


def _policy(settings: Settings) -> dict[str, Any]:
    return {
        "retry": lambda state: _worth_another_attempt(settings, state),
        "wait": _seconds_to_wait,
        "stop": tenacity.stop_after_attempt(settings.max_attempts),
        # Raise the API's error, not the library's error about retries.
        "reraise": True,
    }


def _worth_another_attempt(settings: Settings, state: tenacity.RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Unusable) or isinstance(getattr(error, "__cause__", None), TooLarge):
        return state.attempt_number < _MOST_PAID_ATTEMPTS
    if problem := failures.problem_of(error):
        return may_pass(problem.status) and failures.fatal(settings, error) is None and problem.reason is None
    if isinstance(error, openai.APIConnectionError):
        # A server of this run that has ended does not come back.
        return failures.fatal(settings, error) is None
    return isinstance(error, TimeoutError | Malformed)


def _seconds_to_wait(state: tenacity.RetryCallState) -> float:
    """Return the seconds before the next attempt.

    They are the server's Retry-After, or double with each attempt, plus a random part.
    """
    error = state.outcome.exception() if state.outcome else None
    asked = _retry_after(error) if isinstance(error, openai.APIStatusError) else None
    doubled = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (state.attempt_number - 1))
    seconds = doubled if asked is None else asked
    # Requests that failed together must not be sent again together.
    return seconds + random.uniform(0, doubled / 2)


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date."""
    header = error.response.headers.get("retry-after", "").strip()
    try:
        seconds = float(header) if header[:1].isdigit() else parsedate_to_datetime(header).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    # A date may lie in the past, and a server may ask for hours.
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER)
