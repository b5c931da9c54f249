from printed_claims import values, whole


def test_521_of_991_and_262_of_530_disputed_predictions_are_adopted() -> None:
    assert whole("disputed_labels_adopted") == "supported"
    assert values("disputed_labels_adopted") == {"gpt_4o S-": 52.57, "gpt_4o M-": 49.43}
