import io
from pathlib import Path

import pytest
import small_run
from imeval.base.errors import UserError
from imeval.viewer.browsed import Browsed
from imeval.viewer.pictures import Pictures
from PIL import Image
from small_run import ODD_NAME, jpeg


def test_a_picture_comes_as_it_lies_in_its_shard(browsed: Browsed) -> None:
    sent = Pictures().picture(browsed.image_sets[0].shards, ODD_NAME)
    assert (sent.media_type, sent.data) == ("image/jpeg", jpeg(60))


def test_a_large_picture_is_made_smaller_and_a_small_one_is_not(browsed: Browsed) -> None:
    pictures, shards = Pictures(), browsed.image_sets[0].shards
    assert Image.open(io.BytesIO(pictures.thumbnail(shards, "a", 320).data)).size == (320, 213)
    assert pictures.thumbnail(shards, "c", 320).data == jpeg(120)


def test_a_picture_has_a_size_and_a_hash(browsed: Browsed) -> None:
    facts = Pictures().facts(browsed.image_sets[0].shards, "a")
    assert (facts["width"], facts["height"], len(str(facts["sha256"]))) == (900, 600, 64)


def test_a_picture_that_no_shard_has_is_named(browsed: Browsed) -> None:
    with pytest.raises(UserError, match="expected an image with a picture, found 'e'"):
        Pictures().picture(browsed.image_sets[0].shards, "e")
    with pytest.raises(UserError, match="found 'a'"):
        Pictures().picture(["results/none.parquet"], "a")


def test_a_damaged_picture_is_not_shown(tmp_path: Path) -> None:
    shard = Path(small_run.write(tmp_path).image_sets[0].shards[0])
    content, picture = shard.read_bytes(), jpeg(60)
    place = content.index(picture) + len(picture) // 2
    shard.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(UserError, match=r"00000-of-00001\.parquet: photograph b/<i>b</i>\.png: expected the sha256"):
        Pictures().picture([str(shard)], ODD_NAME)
