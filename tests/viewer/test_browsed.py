from dataclasses import asdict

import pytest
from imeval.base.errors import UserError
from imeval.viewer.browsed import Browsed


def test_what_a_plan_names_is_restored(browsed: Browsed) -> None:
    assert Browsed.restored(asdict(browsed)) == browsed


def test_an_image_set_is_found_by_its_name(browsed: Browsed) -> None:
    assert browsed.image_set("").name == browsed.image_set("small").name == "small"
    with pytest.raises(UserError, match="did you mean 'small'"):
        browsed.image_set("smal")


def test_answers_have_the_name_of_model_and_task(browsed: Browsed) -> None:
    assert [files.name for files in browsed.image_sets[0].answers] == ["good/cw", "odd/cw"]
