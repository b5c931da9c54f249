import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.tokens import Estimate, Usage, size_of, usage_of
from PIL import Image


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        # The two examples of OpenAI's documentation, then photographs of ImageNet.
        ((1024, 1024), 85 + 170 * 4),
        ((2048, 4096), 85 + 170 * 6),
        ((500, 375), 85 + 170),
        ((512, 512), 85 + 170),
        ((513, 512), 85 + 170 * 2),
        ((375, 600), 85 + 170 * 2),
        ((4288, 2848), 85 + 170 * 6),
        ((1, 1), 85 + 170),
    ],
)
def test_an_image_costs_by_its_tiles(size: tuple[int, int], tokens: int) -> None:
    assert Estimate().image(size) == tokens


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_turned_image_costs_the_same_and_none_more_than_eight_tiles(width: int, height: int) -> None:
    tokens = Estimate().image((width, height))
    assert tokens == Estimate().image((height, width))
    assert 85 + 170 <= tokens <= 85 + 170 * 8


def test_text_costs_a_token_for_every_few_characters() -> None:
    assert Estimate().text("1234567", "8") == 3
    assert Estimate(characters_per_token=2).text("12345") == 3


def test_a_request_costs_its_texts_and_its_images() -> None:
    images = [ImagePart(name, name, b"") for name in "ab"]
    asked = Request("m", 0, (Message("system", ("1234567",)), Message("user", ("", *images, "8"))))
    assert Estimate().input_tokens(asked, lambda image: (500, 375)) == 3 + 2 * 255


@pytest.mark.parametrize(("characters", "tokens"), [(1023, 0), (1024, 1024), (1151, 1024), (1152, 1152)])
def test_a_prefix_before_the_first_image_is_cached_in_steps_of_128_tokens(characters: int, tokens: int) -> None:
    image = ImagePart("a", "a", b"")
    asked = Request("m", 0, (Message("user", ("x" * characters, image, "y" * 4000)),))
    assert Estimate(characters_per_token=1).cached_tokens(asked) == tokens


def test_the_size_of_an_image_is_read_from_its_header() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, "PNG")
    assert size_of(ImagePart("a", "a", buffer.getvalue())) == (40, 30)


def test_tokens_that_an_api_does_not_report_count_as_none() -> None:
    assert usage_of(Response("k", "ok", "hen", input_tokens=9, output_tokens=2)) == Usage(9, 2, 0)
    assert usage_of(Response("k", "error")) == Usage()
