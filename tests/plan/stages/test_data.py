import pytest
from imeval.base.errors import UserError

from .jobs import job


def test_the_demos_pictures_lie_in_the_package_they_come_with(demo) -> None:
    assert demo.data.source(job(image_set="demo")) == {
        "kind": "folder",
        "path": "results/downloads/foolbox/foolbox/data",
        "pattern": "imagenet_*.jpg",
    }
    assert demo.data.downloads(job(image_set="demo")) == ["results/downloads/foolbox"]
    assert demo.data.source_files(job(image_set="demo")) == []


def test_a_set_without_pictures_has_no_source(study_of) -> None:
    mine = {"title": "mine", "original_labels": {"kind": "imagenet"}}
    study = study_of({"image_sets": {"mine": mine}})
    assert study.data.source(job(image_set="mine")) is None
    assert study.data.shards_that_may_lack_images(job(image_set="mine")) == []


def test_a_users_folder_is_an_input_only_if_it_exists(study_of, tmp_path) -> None:
    mine = {"title": "mine", "original_labels": {"kind": "imagenet"}}
    there = {**mine, "source": {"kind": "folder", "path": str(tmp_path)}}
    gone = {**mine, "source": {"kind": "folder", "path": str(tmp_path / "none")}}
    study = study_of({"image_sets": {"there": there, "gone": gone}})
    assert study.data.source_files(job(image_set="there")) == [str(tmp_path)]
    assert study.data.source_files(job(image_set="gone")) == []


def test_a_listing_reads_the_files_that_select_images(paper) -> None:
    assert paper.data.listing_files(job(image_set="imagenet_val_625")) == ["config/labels/classes_625.csv"]
    (digest,) = paper.data.listing_contents(job(image_set="imagenet_val_625"))
    assert len(digest) == 64


def test_a_title_does_not_decide_which_images_a_set_has(demo) -> None:
    assert set(demo.data.listed(job(image_set="demo"))) == {"original_labels", "expected"}


def test_only_a_set_that_skips_broken_pictures_may_lack_images(study_of) -> None:
    config = study_of().config["image_sets"]["demo"]
    study = study_of({"image_sets": {"demo": {**config, "on_broken": "skip", "shards": 2}}})
    assert study.data.shards_that_may_lack_images(job(image_set="demo")) == [
        "results/images/demo/00000-of-00002.parquet",
        "results/images/demo/00001-of-00002.parquet",
    ]
    assert study_of().data.shards_that_may_lack_images(job(image_set="demo")) == []


def test_a_summary_is_of_one_label_set_or_of_two(demo) -> None:
    summary = job(image_set="demo", compared="demo_regt-real")
    assert demo.data.compared_files(summary) == [
        "results/labels/demo/demo_regt.parquet",
        "results/labels/demo/real.parquet",
    ]
    assert demo.data.compared_titles(summary) == ["the demo's ReGT", "ReaL"]
    with pytest.raises(UserError, match="one label set or two"):
        demo.data.compared("a-b-c")
    with pytest.raises(UserError, match="label_sets: no entry 'rael'; did you mean 'real'"):
        demo.data.compared("rael")


def test_levels_are_those_of_the_list_or_of_wordnet(study_of) -> None:
    images = job(image_set="demo")
    assert study_of({}).data.levels(images) == []
    wordnet = study_of({"class_lists": {"imagenet1k": {"wordnet": "data/wordnet"}}})
    assert wordnet.data.levels(images) == ["results/classes/wordnet/imagenet1k.parquet"]
    listed = job(class_list="imagenet1k")
    assert wordnet.data.wordnet(listed) == "data/wordnet/data.noun"
    assert (wordnet.data.own_class_file(listed), wordnet.data.class_list(images)) == ([], [])


def test_the_classes_of_an_object_of_objectnet_are_equivalent_and_its_border_is_cut(demo) -> None:
    images = job(image_set="objectnet")
    mapping = "data/objectnet-1.0/mappings/objectnet_to_imagenet_1k.json"
    assert demo.data.equivalence(images) == mapping
    assert demo.data.equivalence(job(image_set="imagenet_val_objectnet")) == mapping
    assert demo.data.listing_files(job(image_set="imagenet_val_objectnet")) == [mapping]
    assert demo.data.equivalence(job(image_set="demo")) == "config/labels/equivalence.csv"
    assert demo.data.source(images) == {
        "kind": "folder", "path": "data/objectnet-1.0/images", "pattern": "*", "border": 2
    }  # fmt: skip
