from .jobs import job


def test_each_figure_is_drawn_from_the_files_its_module_names(demo) -> None:
    assert {"agreement", "confusions"} <= set(demo.figures.names)
    assert demo.figures.inputs(job(figure="agreement")) == {"agreement": "results/agreement/table3.parquet"}
    assert demo.figures.inputs(job(figure="confusions")) == {
        "confusions": "results/confusions/demo/efficientnet_lite2.parquet"
    }


def test_agreement_is_of_the_models_of_table3_and_confusions_of_one(demo) -> None:
    assert next(iter(demo.figures.titles(job(figure="agreement")))) == "socratic"
    assert list(demo.figures.titles(job(figure="confusions"))) == ["efficientnet_lite2"]
    assert demo.figures.subject(job(figure="agreement")) == "the demo's 20 photographs"
