from imeval.claims.claim import verdict_of
from imeval.claims.families.multiple_choice import labels_chosen_alike
from imeval.claims.results import Key, Results
from numpy import array
from printed_claims import GROUPS, failing, values, verdicts, whole


def test_the_paper_does_not_support_that_harder_distractors_cost_10_to_15_points() -> None:
    assert whole("harder_distractors") == "not supported"
    assert values("harder_distractors") == {
        "llava_onevision": 19.35, "internvl3_5": 15.92, "qwen3_vl": 13.54, "gpt_4o": 8.96,
    }  # fmt: skip
    assert failing("harder_distractors") == {"llava_onevision", "internvl3_5", "gpt_4o"}


def test_confused_distractors_are_harder_than_similar_names_under_either_label() -> None:
    assert whole("confusions_over_names") == "supported"
    found = values("confusions_over_names")
    assert len(found) == 8
    assert (found["gpt_4o imgt offered"], found["gpt_4o regt offered"]) == (5.2, 5.11)


def test_the_paper_does_not_print_how_often_the_original_label_is_chosen() -> None:
    assert whole("labels_chosen_alike") == "cannot tell"
    missing = verdicts().filter(claim="labels_chosen_alike", detail="all")["paper_missing"].item()
    assert missing == "table18: llava_onevision mc.imgt_regt_random accuracy imgt S-"


def test_labels_are_chosen_alike_if_their_rates_differ_by_at_most_ten_points() -> None:
    def chosen(regt: float, imgt: float) -> list[str]:
        values = {
            Key("table18", "gpt_4o", task, labels=labels, category=category): array([value])
            for task in ("mc.imgt_regt_random", "mc.imgt_regt_confeva")
            for labels, value in (("regt", regt), ("imgt", imgt))
            for category in ("A", "S-")
        }
        parts = labels_chosen_alike.measure(Results(values, GROUPS))
        return [verdict_of(part, 0.95).verdict for part in parts]

    assert chosen(52, 44) == ["supported", "supported"]
    assert chosen(60, 38) == ["not supported", "not supported"]


def test_the_hardest_questions_are_easier_than_the_closed_world() -> None:
    assert whole("choices_inflate") == "supported"
    assert values("choices_inflate") == {
        "llava_onevision over CW": 24.02,
        "internvl3_5 over CW": 5.99,
        "qwen3_vl over CW": 8.58,
        "gpt_4o over CW": 2.94,
    }
