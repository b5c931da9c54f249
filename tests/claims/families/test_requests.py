from printed_claims import values, whole


def test_ten_images_in_a_request_cost_llava_16_64_points() -> None:
    assert (whole("images_in_a_request"), values("images_in_a_request")) == ("supported", {"all": 16.64})


def test_position_10_costs_llava_19_35_points() -> None:
    assert (whole("position_in_a_request"), values("position_in_a_request")) == ("supported", {"all": 19.35})


def test_requests_of_one_class_leak_the_label() -> None:
    assert whole("same_class_leaks") == "supported"
    assert values("same_class_leaks") == {"qwen3_vl": 7.36, "gpt_4o": 3.79}


def test_names_are_better_than_ids() -> None:
    assert whole("names_over_ids") == "supported"
    assert values("names_over_ids") == {
        "llava_onevision": 37.76, "internvl3_5": 5.76, "qwen3_vl": 14.88, "gpt_4o": 3.84,
    }  # fmt: skip


def test_the_runs_of_open_models_do_not_differ_and_a_model_behind_an_api_is_none() -> None:
    assert whole("open_models_repeat") == "supported"
    assert values("open_models_repeat") == {"llava_onevision": 0.0, "internvl3_5": 0.0, "qwen3_vl": 0.0}
