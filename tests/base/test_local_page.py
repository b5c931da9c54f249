from imeval.base.local_page import images_of


def test_a_value_has_an_address_on_this_machine_in_which_every_text_is_quoted() -> None:
    assert images_of("table3", model="a&b", category="S+") == (
        "http://127.0.0.1:8765/value?table=table3&model=a%26b&category=S%2B"
    )
