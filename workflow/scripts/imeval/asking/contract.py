"""The Parquet contract of MLLMs' responses."""

import polars as pl

from imeval.base.columns import dy, one_of

STATUSES = ("ok", "truncated", "refused", "empty", "unreadable", "error")
"""
The outcomes of asking about an image. error: nothing came from the model; it is asked again. All others are the model's
result. ok: an answer. truncated: a text that was cut off, "" if only thoughts came before. refused: no answer, as a
filter or the model declined. empty: only white space. unreadable: a text without an answer about this image.
"""

WITH_TEXT = ("ok", "truncated", "unreadable")
"""The statuses of responses that have a text."""


NOT_FOUND = "no answer about this image in the text"
"""The error of a response whose text has no answer."""


class Responses(dy.Schema):
    """A model's response about each image.

    `position` is the image's place, from 1, in the first request that asked about it. `images_in_request` counts the
    images of the request that answered the row: 1 for an image that was asked about again alone. `text` is the answer
    about the image if `error` is null. Otherwise `error` is why there is no answer, and `text`, if any, is the whole
    text in which none was found. `reasoning_tokens` are the output tokens of the model's thoughts, null if unknown; the
    thoughts themselves are in the store only.
    """

    version = 3
    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    request_key = dy.String(min_length=1)
    position = dy.Int16(min=1)
    images_in_request = dy.Int16(min=1)
    text = dy.String(nullable=True)
    status = one_of(STATUSES)
    stop_reason = dy.String(nullable=True)
    error = dy.String(nullable=True)
    attempts = dy.Int16(min=0)
    input_tokens = dy.Int32(min=0, nullable=True)
    output_tokens = dy.Int32(min=0, nullable=True)
    reasoning_tokens = dy.Int32(min=0, nullable=True)

    @dy.rule()
    def a_text_has_its_status(cls) -> pl.Expr:
        """Return whether exactly the statuses with a text have one."""
        return pl.col("text").is_not_null() == pl.col("status").is_in(WITH_TEXT)

    @dy.rule()
    def only_an_answer_has_no_error(cls) -> pl.Expr:
        """Return whether `error` is null for ok and set for unreadable."""
        unanswered = pl.col("error").is_not_null()
        return ~(unanswered & (pl.col("status") == "ok")) & (unanswered | (pl.col("status") != "unreadable"))
