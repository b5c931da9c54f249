from collections.abc import Callable
from pathlib import Path
from typing import Any

from imeval.plan.prompt_length import overlong_prompts
from imeval.plan.study import Study
from imeval.run.snakemake_internals import PlannedJob

IMAGES = {"title": "mine", "classes": "long", "source": {"kind": "folder", "path": "photos"}}


def study(study_of: Callable[..., Study], folder: Path, classes: int, **model: Any) -> Study:
    path = folder / "classes.csv"
    path.write_text(
        "class_id,name\n" + "".join(f"{number},a class with the number {number}\n" for number in range(classes))
    )
    return study_of(
        {
            "class_lists": {"long": {"path": str(path)}},
            "image_sets": {"mine": IMAGES | {"original_labels": {"kind": "file", "path": "labels.csv"}}},
            "models": {"socratic": model},
        }
    )


def sentences(planned: Study, *tasks: str, image_set: str = "mine") -> list[str]:
    jobs = [PlannedJob("answer", {"image_set": image_set, "model": "socratic", "task": task}) for task in tasks]
    return [str(error) for error in overlong_prompts(planned.entries, planned.inference, jobs)]


def test_a_list_that_does_not_fit_the_closed_world_is_refused_before_anything_is_asked(
    study_of: Callable[..., Study], tmp_path: Path
) -> None:
    planned = study(study_of, tmp_path, classes=21_841)
    # Each name has 28 characters or so, and a comma and a space after it.
    assert sentences(planned, "ow", "cw") == [
        "models.socratic: context_tokens: expected a prompt of at most 128,000 tokens, found about 190,352 in cw, with "
        "21,841 names of 'long'; ask in two steps (cw.two_step) or the open world (ow), or raise it if the model reads "
        "more"
    ]


def test_a_short_list_or_a_longer_context_is_fine(study_of: Callable[..., Study], tmp_path: Path) -> None:
    assert sentences(study(study_of, tmp_path, classes=6), "ow", "cw") == []
    assert sentences(study(study_of, tmp_path, classes=21_841, context_tokens=200_000), "cw") == []


def test_a_stated_context_counts_for_imagenet_too(study_of: Callable[..., Study], tmp_path: Path) -> None:
    planned = study(study_of, tmp_path, classes=6, context_tokens=2048)
    (sentence,) = sentences(planned, "cw", image_set="demo")
    assert "with 1,000 names of 'imagenet1k'" in sentence


def test_a_closed_world_in_two_steps_needs_to_fit_only_its_nearest_names(
    study_of: Callable[..., Study], tmp_path: Path
) -> None:
    assert sentences(study(study_of, tmp_path, classes=21_841), "cw.two_step") == []
    (sentence,) = sentences(study(study_of, tmp_path, classes=21_841, context_tokens=1000), "cw.two_step")
    # 200 names of 29 or 30 characters, with a comma and a space after each.
    assert sentence.endswith(
        "found about 1,849 in cw.two_step, with 200 names of 'long'; lower the task's nearest.names, or raise it if "
        "the model reads more"
    )
