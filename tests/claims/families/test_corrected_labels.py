from printed_claims import failing, values, whole


def test_every_mllm_gains_more_than_any_other_model() -> None:
    assert whole("mllms_gain_most") == "supported"
    assert values("mllms_gain_most") == {
        "paligemma2": 6.77, "llava_onevision": 4.52, "internvl3_5": 4.2, "qwen3_vl": 3.88, "gpt_4o": 1.9,
    }  # fmt: skip


def test_the_largest_gain_is_that_of_paligemma2() -> None:
    assert (whole("largest_gain"), values("largest_gain")) == ("supported", {"all": 10.83})


def test_the_gap_to_supervised_models_shrinks_from_13_73_to_7_68() -> None:
    assert (whole("gap_halves"), values("gap_halves")) == ("supported", {"all": 0.56})
    assert (whole("gap_shrinks"), values("gap_shrinks")) == ("supported", {"all": 6.05})


def test_mllms_gain_more_than_vlms_and_these_more_than_supervised_models() -> None:
    assert whole("gain_falls_with_training") == "supported"
    assert values("gain_falls_with_training") == {"mllm over vlm": 4.66, "vlm over supervised": 2.82}


def test_no_supervised_model_is_first_where_labels_disagree() -> None:
    assert whole("first_where_labels_disagree") == "supported"
    assert values("first_where_labels_disagree") == {"S-": 10.46, "M-": 8.99}


def test_the_paper_does_not_support_that_all_models_do_better_on_single_label_images() -> None:
    assert whole("single_over_multilabel") == "not supported"
    found = values("single_over_multilabel")
    assert len(found) == 13
    assert found.keys() - failing("single_over_multilabel") == {"dinov3_dinotxt", "dinov3_knn", "efficientnetv2_xl"}
    assert (found["paligemma2"], found["efficientnetv2_xl"]) == (-14.81, 0.08)


def test_the_paper_does_not_support_that_the_correct_images_are_largely_different() -> None:
    assert whole("correct_images_differ") == "not supported"
    found = values("correct_images_differ")
    assert failing("correct_images_differ") == set(found)
    assert (min(found.values()), max(found.values())) == (0.73, 0.88)


def test_2972_of_31250_images_lack_their_original_label() -> None:
    assert (whole("labels_that_differ"), values("labels_that_differ")) == ("supported", {"all": 9.51})


def test_every_model_gains_from_the_experts_labels_and_the_original_labels_are_no_model() -> None:
    assert whole("mustelidae_gain") == "supported"
    found = values("mustelidae_gain")
    assert len(found) == 12
    assert (found["llava_onevision"], found["siglip2_gopt"]) == (3.14, 23.9)
