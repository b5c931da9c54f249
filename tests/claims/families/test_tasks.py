from printed_claims import values, whole


def test_two_of_four_mllms_do_better_in_the_open_world() -> None:
    assert (whole("open_world_wins_half"), values("open_world_wins_half")) == ("supported", {"all": 0.5})


def test_gpt_4o_leads_by_8_87_points_in_the_closed_world_and_by_0_9_in_the_open_one() -> None:
    assert (whole("closed_lead_disappears"), values("closed_lead_disappears")) == ("supported", {"all": 0.1})


def test_templates_help_three_encoders_for_five_models() -> None:
    assert whole("templates_help") == "supported"
    found = values("templates_help")
    assert len(found) == 15
    assert (min(found.values()), max(found.values())) == (1.04, 9.79)


def test_the_best_encoder_is_the_one_that_the_paper_uses() -> None:
    assert whole("best_encoder") == "supported"
    assert values("best_encoder") == {
        "paligemma2": 0.43, "llava_onevision": 0.23, "internvl3_5": 1.02, "qwen3_vl": 3.61, "gpt_4o": 0.29,
    }  # fmt: skip
