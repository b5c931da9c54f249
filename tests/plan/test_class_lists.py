from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from imeval.base.errors import UserError
from imeval.plan.class_lists import class_list_of, class_list_of_labels
from imeval.plan.configuration import Written
from imeval.plan.deciding import deciding_hash
from imeval.plan.lineage import Origin
from imeval.plan.study import Study, read_study
from plan.conftest import FILES, mistakes
from plan.stages.jobs import job
from projects import ROOT

MINE = {
    "class_lists": {"mine": {"path": "config/labels/classes_625.csv"}},
    "image_sets": {
        "mine": {
            "title": "my photographs",
            "classes": "mine",
            "source": {"kind": "class_folders", "path": "photos"},
            "original_labels": {"kind": "source"},
        }
    },
    "label_sets": {
        "of_mine": {"title": "mine", "kind": "file", "path": "config/labels/demo_regt.csv", "classes": "mine"}
    },
    "run": {"image_set": "mine", "labels": "original", "models": ["conse", "socratic"]},
}
LIST = ["results/classes/mine.parquet"]


def changed(*keys: str, **values: Any) -> dict[str, Any]:
    config = deepcopy(MINE)
    part = config
    for key in keys:
        part = part.setdefault(key, {})
    part.update(values)
    return config


def merged(config: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for key, value in changes.items():
        config[key] = merged(config.get(key, {}), value) if isinstance(value, dict) else value
    return config


def test_images_and_labels_that_name_no_list_are_of_imagenet() -> None:
    assert class_list_of({}) == "imagenet1k"
    assert class_list_of({"classes": "mine"}) == "mine"
    assert class_list_of_labels({"kind": "file"}) == "imagenet1k"
    assert class_list_of_labels({"kind": "original"}) is None


def test_every_stage_reads_the_list_of_its_images(study_of: Callable[..., Study]) -> None:
    study = study_of(MINE)
    of_mine = job(image_set="mine", labels="original", model="conse", task="cw", shard="0", encoder="sbert")
    assert study.data.class_list(of_mine) == LIST
    assert study.data.class_csv(job(class_list="mine")) == "config/labels/classes_625.csv"
    assert study.data.listed_of("mine")["classes"] == "mine"
    assert study.entries.class_csv("mine") == "config/labels/classes_625.csv"
    assert study.embeddings.class_list(job(of="-mine")) == LIST
    assert study.embeddings.classes_in_space(of_mine).endswith("-mine.parquet")


def test_conse_averages_the_classes_of_its_classifier_and_not_those_of_the_images(
    study_of: Callable[..., Study],
) -> None:
    of_mine = job(image_set="mine", model="conse", task="cw", shard="0")
    assert "mine" not in study_of(MINE).embeddings.classes_of_classifier(of_mine)


def test_the_default_list_changes_no_path_no_param_and_no_hash(study_of: Callable[..., Study], demo: Study) -> None:
    of_demo = job(image_set="demo", labels="demo_regt", model="conse", task="cw", shard="0")
    assert demo.data.class_list(of_demo) == []
    assert demo.scoring.class_list_of_run(job()) == []
    assert demo.embeddings.class_list(job(of="")) == []
    named = study_of({"image_sets": {"demo": {"classes": "imagenet1k"}}})
    assert named.data.listed_of("demo") == demo.data.listed_of("demo")
    assert deciding_hash(study_of({"class_lists": MINE["class_lists"]}).entries) == deciding_hash(demo.entries)
    assert deciding_hash(study_of(MINE).entries) != deciding_hash(
        study_of(changed("class_lists", "mine", path="x")).entries
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            changed("run", labels="demo_regt"),
            "run.labels: expected labels of the class list 'mine', as the images, found 'demo_regt' of 'imagenet1k'; "
            "name labels of these classes, or set label_sets.demo_regt.classes or image_sets.mine.classes",
        ),
        (
            changed("run", image_set="demo", labels="of_mine"),
            "run.labels: expected labels of the class list 'imagenet1k', as the images, found 'of_mine' of 'mine'; ",
        ),
        (
            changed("run", models=["efficientnet_lite0"]),
            "run.models.0: expected a model of the class list 'mine', found 'efficientnet_lite0' of imagenet1k; "
            "import its predictions (backend: imported), or take a VLM, k-NN or an MLLM",
        ),
        (
            changed("image_sets", "mine", classes="mien"),
            "image_sets.mine.classes: expected an entry of class_lists, found 'mien'; did you mean 'mine'?",
        ),
        (
            changed("image_sets", "mine", original_labels={"kind": "imagenet"}),
            "image_sets.mine.original_labels.kind: expected labels of the class list 'mine', found imagenet, of "
            "imagenet1k; take the labels from the source, a file or the names",
        ),
        (
            changed("image_sets", "mine", reference="demo"),
            "image_sets.mine.reference: expected an image set of the class list 'mine', found 'demo' of 'imagenet1k'; ",
        ),
        (
            changed("image_sets", "mine", reference="mnie"),
            "image_sets.mine.reference: expected an entry of image_sets, found 'mnie'; did you mean 'mine'?",
        ),
        (
            changed("label_sets", "real", classes="mine"),
            "label_sets.real.classes: expected imagenet1k, which these labels are of, found mine; remove it",
        ),
        (changed("class_lists", "other"), "class_lists.other: expected the key 'path', found none; name the CSV file"),
        (
            changed("class_lists", "imagenet1k", path="x.csv"),
            "class_lists.imagenet1k.path: expected no path, as this list is built in, found x.csv; rename yours",
        ),
        (
            changed("class_lists", "mine", path="x.csv"),
            "class_lists.mine.path: expected an existing file, found no file x.csv; put it there or correct the path",
        ),
    ],
)
def test_what_is_of_another_class_list_is_refused_in_one_sentence(
    config: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    sentences = [line for line in mistakes(merged(config, changes)) if message in line]
    assert len(sentences) == 1


def test_labels_of_another_list_are_refused_in_a_target_too(study_of: Callable[..., Study]) -> None:
    with pytest.raises(UserError) as error:
        study_of(MINE).data.label_set(job(image_set="mine", labels="real"))
    assert str(error.value) == (
        "image set 'mine': labels: expected labels of the class list 'mine', found 'real' of 'imagenet1k'; name others"
    )


def test_confusions_of_another_list_are_refused(study_of: Callable[..., Study]) -> None:
    of_mine = job(image_set="mine", labels="original", task="mc.imgt_confeva")
    with pytest.raises(
        UserError, match=r"^multiple_choice.confusions: image_set: expected images of the class list 'mi"
    ):
        study_of(MINE).choices.question_inputs(of_mine)
    own = changed("multiple_choice", confusions={"model": "conse", "image_set": "mine"})
    assert study_of(own).choices.question_inputs(of_mine)["confusions"] == "results/confusions/mine/conse.parquet"


def test_the_built_in_list_has_no_file(demo: Study) -> None:
    with pytest.raises(UserError, match=r"^class list imagenet1k: it is built in and has no file$"):
        demo.data.class_csv(job(class_list="imagenet1k"))


def test_a_bad_class_list_ends_the_run_before_it_is_planned(tmp_path: Path, config: dict[str, Any]) -> None:
    (tmp_path / "classes.csv").write_text("class_id,name\n0,hen\n2,dog\n")
    (tmp_path / "photos").mkdir()
    config = merged(config, changed("class_lists", "mine", path=str(tmp_path / "classes.csv")))
    config["label_sets"].pop("of_mine")
    with pytest.raises(
        UserError, match=r"classes\.csv: class_id: expected all class ids from 0 to 2, found no 1; number"
    ):
        read_study(
            config, Written(FILES), ROOT, files_may_lack=False, origin_of=lambda _: Origin(), recorded=lambda _: None
        )


def test_a_network_of_imagenet_runs_on_a_part_of_its_classes(study_of: Callable[..., Study]) -> None:
    study = study_of({"run": {"image_set": "imagenet_a", "labels": "original", "models": ["efficientnet_lite0"]}})
    images = job(image_set="imagenet_a", model="conse")
    assert study.data.subset_file(images) == ["results/classes/imagenet_a.parquet"]
    assert study.embeddings.classes_of_classifier(images).endswith("-imagenet_a.parquet")
    assert study.data.subset_file(job(image_set="demo")) == []
