from imeval.claims.results import Key
from printed_claims import paper


def number(*key: str, **others: str) -> list[float]:
    return paper().number(Key(*key, **others)).tolist()


def test_a_printed_number_is_its_only_draw() -> None:
    assert number("table3", "gpt_4o", "cw_plus", labels="imgt") == [76.4]
    assert number("table2", "", "", "images", category="S-") == [1894]
    assert number("table17", "gpt_4o", "ow.siglip2_text-openai") == [77.58]


def test_half_of_a_printed_interval_is_a_number() -> None:
    assert number("table18", "gpt_4o", "cw.repeated", "half_width") == [0.18]


def test_mended_images_are_those_of_s_and_m() -> None:
    assert number("table14", "llava_onevision", "cw_plus", "mended_images") == [1797 + 1351]
    assert number("table14", "internvl3_5", "cw_plus", "mended_images") == [34 + 15]
