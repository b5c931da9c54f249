"""An API's prices of tokens and requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Interval

from imeval.asking.exchange import Request
from imeval.asking.tokens import Estimate, Usage, size_of

_MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens."""

    input: Annotated[float, Ge(0)]
    """The price of input tokens."""

    output: Annotated[float, Ge(0)]
    """The price of output tokens."""

    cached_input: Annotated[float | None, Ge(0)] = None
    """The price of input tokens in a prefix that the API has cached; as `input` if not given."""

    batch_discount: Annotated[float, Interval(ge=0, le=1)] = 0.0
    """The share by which a batch is cheaper."""

    batch_cached_input: Annotated[float | None, Ge(0)] = None
    """The price of a cached prefix within a batch; as the batch's other input if not given."""

    def usd(self, usage: Usage, *, batched: bool) -> float:
        """Return the dollars of these tokens."""
        share = 1 - self.batch_discount if batched else 1.0
        # A price for cached input is final: the discount of a batch does not apply to it.
        known = self.batch_cached_input if batched else self.cached_input
        cached_price = self.input * share if known is None else known
        full = (usage.input_tokens - usage.cached_tokens) * self.input + usage.output_tokens * self.output
        return (full * share + usage.cached_tokens * cached_price) / _MILLION

    def highest_usd(self, request: Request, estimate: Estimate, max_new_tokens: int, *, batched: bool) -> float:
        """Return the most dollars that a request can cost.

        Its input is estimated, without a cache; its output is as long as it may be.
        """
        usage = Usage(estimate.input_tokens(request, size_of), max_new_tokens)
        return self.usd(usage, batched=batched)


def prices_of(configured: Mapping[str, float] | None) -> Prices | None:
    """Return a model's configured prices, if any."""
    return Prices(**configured) if configured else None
