"""Failures of an API, as user errors or Responses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import openai

from imeval.asking.clean_text import valid_unicode
from imeval.asking.exchange import Response
from imeval.base.errors import UserError, mistake
from imeval.models.api import endpoint, refusals, replies
from imeval.models.api.openai_api import Settings
from imeval.models.api.replies import Unusable
from imeval.serving import server_file

NO_CREDIT = "insufficient_quota"
"""The code of a 429 that does not pass, unlike a rate limit."""

_MODERATED = frozenset({"content_filter", "content_policy_violation", "image_content_policy_violation",
                        "moderation_blocked", "content_moderation", "input_moderation", "data_inspection_failed",
                        "responsibleaipolicyviolation", "invalid_prompt", "safety"})  # fmt: skip
# Where a service gives its reasons, such as {"metadata": {"reasons": ["violence"], "flagged_input": "..."}}.
_DETAILS = ("metadata", "innererror", "details")
_REASONS = ("reasons", "flagged_input", "content_filter_result", "content_filter_results")


@dataclass(frozen=True)
class Problem:
    """An error that an API answered with.

    `code` is "" if there is none. `reason` is why a filter held the request back, None if none did. `body` is what
    came.
    """

    status: int
    code: str
    reason: str | None
    body: Any

    @classmethod
    def read(cls, status: int, body: Any) -> Self:
        """Read the body of an error, which may be anything."""
        error = body.get("error", body) if isinstance(body, dict) else None
        error = error if isinstance(error, dict) else {}
        words = [word for word in (error.get("code"), error.get("type")) if isinstance(word, str)]
        code = error["code"] if isinstance(error.get("code"), str) else ""
        coded = next((word for word in words if word.lower() in _MODERATED), None)
        return cls(status, code, coded or ("moderation" if _has_reasons(error) else None), body)


def problem_of(error: BaseException | None) -> Problem | None:
    """Return the error that an API answered with, if any."""
    return Problem.read(error.status_code, error.body) if isinstance(error, openai.APIStatusError) else None


def fatal(settings: Settings, error: BaseException | None, *, answered: bool = False) -> UserError | None:
    """Return the error that every request would meet, if any.

    Args:
        settings: the model's.
        error: the failure.
        answered: whether the API has answered another request of this job, which shows that it accepts the key.
    """
    if settings.server and isinstance(error, openai.APIConnectionError):
        return server_file.failure(settings.server)
    problem = problem_of(error)
    if problem is None or problem.reason:
        return None
    where, found = f"models: {settings.base_url}", f"HTTP {problem.status}"
    match problem.status:
        case 401 | 403 if problem.status == 401 or not answered:
            remedy = "export one that is valid and may use the model"
            variable = f"environment: {settings.api_key_env}"
            return mistake(variable, "key", f"one that {settings.base_url} accepts", found, remedy)
        case 404:
            remedy = "correct api_model or base_url"
            return mistake(where, "api_model", "a model of this API", f"'{settings.api_model}' ({found})", remedy)
        case 402 | 429 if problem.status == 402 or problem.code == NO_CREDIT:
            return mistake(where, "account", "credit", f"none ({found})", "add credit")
    return None if answered else refusals.stopping(settings, problem.status, problem.body)


def batch_failure(settings: Settings, error: Exception) -> UserError:
    """Return the user error of a failed call for files or batches."""
    # A 404 means that the server has no such file or batch, or no batches at all; the model is not to blame.
    if not isinstance(error, openai.NotFoundError) and (failure := fatal(settings, error)):
        return failure
    found = failed(settings, "", error).error
    remedy = "run again to continue the batches in the journal, or set batch: false if the API has no batches"
    return mistake(f"models: {settings.base_url}", "batch", "an API for files and batches", found, remedy)


def failed(settings: Settings, request_key: str, error: Exception) -> Response:
    """Return the response of a request that failed with this error."""
    # The library's "Connection error." leaves the cause to the exception behind it.
    cause = f" ({error.__cause__})" if isinstance(error, openai.APIConnectionError) and error.__cause__ else ""
    response = not_answered(settings, request_key, problem_of(error), f"{type(error).__name__}: {error}{cause}")
    counts: Mapping[str, Any] = error.counts if isinstance(error, Unusable) else {}
    return replace(response, **counts)


def not_answered(settings: Settings, request_key: str, problem: Problem | None, message: str) -> Response:
    """Return the Response of an API's error.

    Its status is "refused" if a filter held the request back, else "error".

    Args:
        settings: hold the key, which a server may repeat in a message; it is replaced by "[key]".
        request_key: the request's.
        problem: what the API answered, None if it did not answer.
        message: the error's; it is shortened to one line of 300 characters.
    """
    if problem and problem.reason:
        return Response(request_key, "refused", stop_reason=problem.reason)
    # Replace the key before shortening, which could leave a part of it.
    return Response(request_key, "error", error=one_line(settings, message)[: replies.LONGEST_ERROR])


def one_line(settings: Settings, message: str) -> str:
    """Return a server's message as one line, without the key."""
    return endpoint.without_key(settings, valid_unicode(" ".join(message.split())))


def _has_reasons(error: Mapping[str, Any]) -> bool:
    """Return whether an error names a filter's reasons."""
    details = [error, *(error.get(name) for name in _DETAILS)]
    return any(found.get(name) for found in details if isinstance(found, dict) for name in _REASONS)
