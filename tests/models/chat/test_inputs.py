import io

import pytest
import tiny_checkpoints
from imeval.asking.exchange import Request
from imeval.asking.prompts import ImagePart, Message
from imeval.models.chat import inputs
from PIL import Image


def request(*sizes: tuple[int, int]) -> Request:
    pictures = [tiny_checkpoints.photograph(number, size) for number, size in enumerate(sizes)]
    parts = [ImagePart(f"{size}", f"{size}", data) for size, data in zip(sizes, pictures, strict=True)]
    return Request("tiny", 0, (Message("system", ("You classify.",)), Message("user", ("Hen? ", *parts, "Owl?"))))


def test_batches_have_as_many_requests_as_asked_for_at_that_moment() -> None:
    sizes = iter([1, 3, 3, 3, 2, 2])
    found = inputs.batches([request((8, 8))] * 6, lambda: next(sizes))
    assert [len(batch) for batch in found] == [1, 3, 2]


def test_the_decoded_pictures_of_a_batch_take_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_PIXELS_AT_ONCE", 1000)
    small, large, several = request((20, 20)), request((40, 40)), request((20, 20), (20, 20))
    found = list(inputs.batches([small, small, small, large, several, small], lambda: 8))
    # A request that shows more alone is asked alone.
    assert found == [[small, small], [small], [large], [several], [small]]


def test_a_picture_without_a_header_takes_no_memory_and_fails_later() -> None:
    torn = ImagePart("torn", "torn", b"no picture")
    asked = Request("tiny", 0, (Message("user", (torn, "What?")),))
    assert list(inputs.batches([asked], lambda: 8)) == [[asked]]


def test_a_request_with_plain_pictures_has_the_same_text_and_as_many_pictures() -> None:
    plain = inputs.with_plain_pictures(request((1000, 4), (8, 8)))
    system, user = plain.messages
    assert system.parts == ("You classify.",)
    assert [part for part in user.parts if isinstance(part, str)] == ["Hen? ", "Owl?"]
    pictures = [Image.open(io.BytesIO(part.data)) for part in user.parts if isinstance(part, ImagePart)]
    assert [picture.size for picture in pictures] == [(64, 64), (64, 64)]
