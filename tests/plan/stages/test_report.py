from imeval.plan.study import Study

from .jobs import job


def test_the_page_is_made_from_what_the_tables_are_made_from(demo: Study) -> None:
    inputs = demo.report.inputs(job())
    assert inputs["tables"][:2] == ["results/tables/table1.csv", "results/tables/table2.csv"]
    assert inputs["records"][0] == "results/provenance/table1.json"
    assert inputs["figures"][:2] == ["results/figures/figure3.svg", "results/figures/agreement.svg"]
    assert inputs["labels"] == "results/labels/demo/demo_regt.parquet"
    assert inputs["predictions"][0] == "results/predictions/demo/ow/socratic.parquet"
    assert inputs["scores"][-1] == "results/scores/demo/demo_regt/cw/efficientnet_lite2.parquet"
    assert len(inputs["metrics"]) == len(inputs["scores"]) == len(demo.report.rows(job())) == 7
    assert inputs["shards"] == ["results/images/demo/00000-of-00001.parquet"]


def test_the_pictures_are_those_of_the_best_tasks_and_no_letter_or_other_encoder_is_among_the_answers(
    demo: Study, study_of
) -> None:
    assert demo.report.rows(job())[:3] == [["socratic", "ow"], ["socratic", "cw_plus"], ["socratic", "cw"]]
    other = study_of({"run": {"tables": ["table17", "table4"]}})
    assert {task for _, task in other.report.rows(job())} <= {"ow", "cw_plus", "cw", "cw_constrained", "cw_likelihood"}


def test_claims_are_on_the_page_and_made_by_a_bare_run_unless_its_labels_are_the_original_ones(
    demo: Study, study_of
) -> None:
    assert demo.claims.of_run == ["results/claims.html"]
    assert demo.report.inputs(job())["claims"] == "results/claims.csv"
    original = study_of({"run": {"name": "mine", "labels": "original"}})
    assert original.claims.of_run == []
    assert "claims" not in original.report.inputs(job())


def test_a_run_of_imported_predictions_has_pictures_only_if_they_are_asked_for(study_of) -> None:
    imported = {
        "title": "Mine",
        "group": "supervised",
        "backend": "imported",
        "tasks": ["cw"],
        "files": {"cw": "mine.csv"},
    }
    run = {"models": {"mine": imported}, "run": {"models": ["mine"]}}
    assert study_of(run).report.inputs(job())["shards"] == []
    included = study_of(run, {"pictures": "include"}).report.inputs(job())
    assert included["shards"] == ["results/images/demo/00000-of-00001.parquet"]


def test_the_page_of_a_named_run_lies_in_its_folder_and_has_what_was_left_out(study_of) -> None:
    study = study_of({"run": {"name": "mine", "models": ["efficientnet_lite0"], "tables": ["table3", "table6"]}})
    assert study.own("report.html") == "results/mine/report.html"
    about = study.report.about(job())
    assert (about["run"], about["images"], about["labels"]) == ("mine", "the demo's 20 photographs", "the demo's ReGT")
    assert about["left_out"][0].startswith("tables.table6: models: expected a model for mc.imgt_random")


def test_tables_with_intervals_are_shown_and_others_named(demo: Study) -> None:
    shown = [table["name"] for table in demo.report.tables(job()) if table["shown"]]
    assert shown == ["table3", "table4", "table5"]
    assert demo.report.tables(job())[0] == {"name": "table1", "title": "Label categories", "shown": False}


def test_models_have_titles_and_groups(demo: Study) -> None:
    assert demo.report.models(job())["conse"] == {"title": "ConSE (Lite0 + MiniLM)", "group": "vlm"}
    assert demo.report.task_titles(job())["cw_plus"] == "CW+"
    assert demo.report.renamed_classes(job()) == {}


def test_answers_out_of_the_prompt_are_mapped_by_cw_plus_alone(demo: Study) -> None:
    assert demo.report.mapping_tasks(job()) == ["cw_plus"]


def test_a_run_ends_with_the_tables_of_best_tasks_and_the_page(study_of) -> None:
    ending = study_of({"run": {"name": "mine"}}).report.ending()
    assert ending.tables == ["results/mine/tables/table3.csv"]
    assert (ending.page, ending.confidence) == ("results/mine/report.html", 0.95)


def test_the_figures_are_those_of_a_bare_run(demo: Study, study_of) -> None:
    assert sorted(demo.report.figure_names(job())) == sorted(demo.figures.of_run())
    assert study_of({"run": {"figures": ["agreement"]}}).report.figure_names(job()) == ["agreement"]
    assert "figure3" not in study_of({"run": {"tables": ["table1"]}}).report.figure_names(job())
