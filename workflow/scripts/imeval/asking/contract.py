"""The Parquet contract of MLLMs' responses."""

import polars as pl

from imeval.base.columns import dy, one_of

STATUSES = ("ok", "truncated", "refused", "empty", "error")


class Responses(dy.Schema):
    """A model's response about each image.

    `text` is null where there is no answer. `position` is the image's place in its request, from 1.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    request_key = dy.String(min_length=1)
    position = dy.Int16(min=1)
    text = dy.String(nullable=True)
    status = one_of(STATUSES)
    stop_reason = dy.String(nullable=True)
    error = dy.String(nullable=True)
    attempts = dy.Int16(min=0)
    input_tokens = dy.Int32(min=0, nullable=True)
    output_tokens = dy.Int32(min=0, nullable=True)

    @dy.rule()
    def an_error_is_never_an_answer(cls) -> pl.Expr:
        """Return whether only answers have a text.

        A response has a text if its status is ok or truncated, and only then.
        """
        return pl.col("text").is_not_null() == pl.col("status").is_in(["ok", "truncated"])
