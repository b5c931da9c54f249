import io

import pytest
from imeval.asking.exchange import Request
from imeval.asking.prices import Prices, prices_of
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.tokens import Estimate, Usage
from PIL import Image

GPT_4O = Prices(input=2.50, cached_input=1.25, output=10.00, batch_discount=0.5)


def test_dollars_are_those_of_the_price_list() -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=100_000, cached_tokens=400_000)
    assert GPT_4O.usd(usage, batched=False) == pytest.approx(0.6 * 2.50 + 0.4 * 1.25 + 1.00)
    assert GPT_4O.usd(usage, batched=True) == pytest.approx((2.50 + 1.00) / 2)
    assert Prices(2.50, 10.00).usd(usage, batched=False) == pytest.approx(3.50)


@pytest.mark.parametrize(("batched", "share"), [(False, 1.0), (True, 0.5)])
def test_the_most_a_request_can_cost_is_its_estimated_input_and_all_output_it_may_have(
    batched: bool, share: float
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (500, 375)).save(buffer, "PNG")
    asked = Request("m", 0, (Message("user", ("12345678", ImagePart("a", "a", buffer.getvalue()))),))
    usd = GPT_4O.highest_usd(asked, Estimate(characters_per_token=4), 100, batched=batched)
    assert usd == pytest.approx(share * ((2 + 255) * 2.50e-6 + 100 * 10e-6))


def test_a_configuration_without_prices_has_none() -> None:
    assert prices_of(None) is None
    assert prices_of({}) is None
    assert prices_of({"input": 2.5, "output": 10.0}) == Prices(2.5, 10.0)
