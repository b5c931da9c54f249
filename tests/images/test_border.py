import io

from imeval.images.border import without_border
from PIL import Image


def test_a_border_is_cut_away_and_every_other_pixel_is_kept() -> None:
    picture = Image.new("RGB", (6, 5), (255, 0, 0))
    picture.paste((1, 2, 3), (2, 2, 4, 3))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    with Image.open(io.BytesIO(without_border(buffer.getvalue(), "a.png", 2))) as cut:
        assert (cut.size, cut.getcolors()) == ((2, 1), [(2, (1, 2, 3))])
    assert without_border(buffer.getvalue(), "a.png", 3) == buffer.getvalue()


def test_what_is_no_picture_is_left_for_its_own_message() -> None:
    assert without_border(b"x", "a.png", 2) == b"x"
