from .jobs import job

QUESTIONS = {"image_set": "demo", "labels": "demo_regt"}
LABELS = "results/labels/demo/demo_regt.parquet"


def test_distractors_come_from_where_the_variant_takes_them(demo) -> None:
    assert demo.choices.question_inputs(job(task="mc.imgt_random", **QUESTIONS)) == {"labels": LABELS}
    assert demo.choices.question_inputs(job(task="mc.imgt_confeva", **QUESTIONS)) == {
        "labels": LABELS,
        "confusions": "results/confusions/demo/efficientnet_lite2.parquet",
    }
    assert demo.choices.question_inputs(job(task="mc.imgt_confbert", **QUESTIONS)) == {
        "labels": LABELS,
        "classes": "results/embeddings/classes/sbert-none.parquet",
    }


def test_questions_are_made_by_the_variant_and_the_common_settings(demo) -> None:
    assert demo.choices.variant(job(task="mc.imgt_confeva", **QUESTIONS)) == {
        "name": "mc.imgt_confeva",
        "offered": ["imgt"],
        "distractors": "confusion",
        "options": 4,
        "runs": 3,
        "seed": 0,
        "confeva": "top",
        "both_labels": "slots",
    }


def test_only_tasks_with_distractors_are_multiple_choice(demo) -> None:
    assert "mc.imgt_random" in demo.choices.tasks
    assert not {"mc", "cw", "ow"} & set(demo.choices.tasks)
