from printed_claims import failing, values, whole


def test_the_paper_does_not_support_the_order_of_out_of_prompt_rates_for_internvl() -> None:
    assert whole("out_of_prompt_order") == "not supported"
    assert failing("out_of_prompt_order") == {"internvl3_5 M over S", "internvl3_5 S- over S+"}
    found = values("out_of_prompt_order")
    assert len(found) == 16
    assert (found["internvl3_5 M over S"], found["llava_onevision N over all others"]) == (-0.02, 11.36)


def test_the_mapping_never_loses() -> None:
    assert whole("mapping_never_loses") == "supported"
    assert values("mapping_never_loses") == {
        "llava_onevision": 6.23, "internvl3_5": 0.0, "qwen3_vl": 2.17, "gpt_4o": 0.73,
    }  # fmt: skip


def test_the_paper_does_not_support_that_the_mapping_gains_most_where_labels_disagree() -> None:
    assert whole("mapping_gains_most_on_minus") == "not supported"
    found = values("mapping_gains_most_on_minus")
    assert found.keys() - failing("mapping_gains_most_on_minus") == {"internvl3_5 M- over M+", "gpt_4o S- over S+"}
    assert found["llava_onevision S- over S+"] == -4.15


def test_the_ratio_under_imgt_is_54_and_that_under_regt_is_64_not_67() -> None:
    assert (whole("mapping_ratio_imgt"), values("mapping_ratio_imgt")) == ("supported", {"all": 54.47})
    assert (whole("mapping_ratio_regt"), values("mapping_ratio_regt")) == ("not supported", {"all": 64.24})


def test_the_mended_share_rises_with_the_rate_for_every_two_models() -> None:
    assert whole("mended_share_rises_with_rate") == "supported"
    assert values("mended_share_rises_with_rate") == {"all": 1.0}


def test_1275_of_3290_answers_of_qwen3_vl_are_mended() -> None:
    assert (whole("mended_share"), values("mended_share")) == ("supported", {"qwen3_vl": 38.75})
