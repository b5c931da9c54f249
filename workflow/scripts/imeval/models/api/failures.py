"""Failures of an API, as user errors or Responses."""

import openai

from imeval.asking.exchange import Response
from imeval.base.errors import UserError, mistake
from imeval.models.api import endpoint
from imeval.models.api.openai_api import Settings
from imeval.serving import server_file

NO_CREDIT = "insufficient_quota"
"""The code of a 429 that does not pass, unlike a rate limit."""

_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_LONGEST_ERROR = 300


def fatal(settings: Settings, error: BaseException) -> UserError | None:
    """Return the error that every request would meet, if any."""
    if settings.server and isinstance(error, openai.APIConnectionError):
        return server_file.failure(settings.server)
    if not isinstance(error, openai.APIStatusError):
        return None
    found = f"HTTP {error.status_code}"
    match error.status_code:
        case 401 | 403:
            where, remedy = f"environment: {settings.api_key_env}", "export one that is valid and may use the model"
            return mistake(where, "key", f"one that {settings.base_url} accepts", found, remedy)
        case 404:
            where, remedy = f"models: {settings.base_url}", "correct api_model or base_url"
            return mistake(where, "api_model", "a model of this API", f"'{settings.api_model}' ({found})", remedy)
        case 429 if error.code == NO_CREDIT:
            return mistake(f"models: {settings.base_url}", "account", "credit", f"none ({found})", "add credit")
    return None


def batch_failure(settings: Settings, error: openai.APIError) -> UserError:
    """Return the user error of a failed call for files or batches."""
    # A 404 means that the server has no such file or batch, or no batches at all; the model is not to blame.
    if not isinstance(error, openai.NotFoundError) and (failure := fatal(settings, error)):
        return failure
    found = failed(settings, "", error).error
    remedy = "run again to continue the batches in the journal, or set batch: false if the API has no batches"
    return mistake(f"models: {settings.base_url}", "batch", "an API for files and batches", found, remedy)


def failed(settings: Settings, request_key: str, error: Exception) -> Response:
    """Return the response of a request that failed with this error."""
    code = error.code if isinstance(error, openai.APIStatusError) else None
    return not_answered(settings, request_key, code, f"{type(error).__name__}: {error}")


def not_answered(settings: Settings, request_key: str, code: str | None, message: str) -> Response:
    """Return the Response of an API's error.

    Its status is "refused" if a filter held the request back, else "error".

    Args:
        settings: hold the key, which a server may repeat in a message; it is replaced by "[key]".
        request_key: the request's.
        code: the API's code of the error, if it has one.
        message: the error's; it is shortened to one line of 300 characters.
    """
    if code in _FILTERED:
        return Response(request_key, "refused", stop_reason=code)
    key, line = endpoint.api_key(settings), " ".join(message.split())
    # Replace the key before shortening, which could leave a part of it.
    return Response(request_key, "error", error=(line.replace(key, "[key]") if key else line)[:_LONGEST_ERROR])
