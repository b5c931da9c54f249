import pytest
from imeval.base.errors import UserError

from ..conftest import mistakes
from .jobs import job


def test_each_figure_is_drawn_from_the_files_its_module_names(demo) -> None:
    assert demo.figures.inputs(job(figure="agreement")) == {"agreement": "results/agreement/table3.parquet"}
    assert demo.figures.inputs(job(figure="figure3")) == {"differences": "results/differences/table3.parquet"}
    assert demo.figures.inputs(job(figure="confusions")) == {
        "confusions": "results/confusions/demo/efficientnet_lite2.parquet"
    }


def test_the_rows_of_a_figure_have_a_file_each_by_their_place(demo) -> None:
    files = demo.figures.inputs(job(figure="figure1"))
    rows = demo.figures.context(job(figure="figure1"))["rows"]
    assert rows[0] == ["socratic", "ow"]
    assert files["predictions_0"] == "results/predictions/demo/ow/socratic.parquet"
    assert files[f"scores_{rows.index(['conse', 'cw'])}"] == "results/scores/demo/demo_regt/cw/conse.parquet"
    assert files["pictures"] == ["results/images/demo/00000-of-00001.parquet"]


def test_agreement_is_of_the_models_of_table3_and_confusions_of_one(demo) -> None:
    agreement = demo.figures.context(job(figure="agreement"))
    assert next(iter(agreement["models"])) == "socratic"
    assert agreement["subject"] == "the demo's 20 photographs"
    assert list(demo.figures.context(job(figure="confusions"))["models"]) == ["efficientnet_lite2"]


def test_keys_have_the_defaults_of_their_module_and_the_table_is_one_of_them(study_of, demo) -> None:
    assert demo.figures.settings(job(figure="figure3")) == {"table": "table3", "category": "A"}
    study = study_of({"figures": {"figure3": {"table": "table4", "category": "M-"}}})
    assert study.figures.settings(job(figure="figure3")) == {"table": "table4", "category": "M-"}
    assert study.figures.inputs(job(figure="figure3")) == {"differences": "results/differences/table4.parquet"}


def test_a_run_draws_what_its_tables_have_the_numbers_for(study_of, demo) -> None:
    assert {"agreement", "confusions", "figure1", "figure3"} <= set(demo.figures.of_run())
    few = study_of({"run": {"tables": ["table2"]}})
    assert {"agreement", "figure1", "figure3"}.isdisjoint(few.figures.of_run())
    chosen = study_of({"run": {"figures": ["figure3"]}})
    assert chosen.figures.of_run() == ["figure3"]
    assert chosen.all_figures(None) == ["results/figures/figure3.pdf"]


def test_a_figure_of_the_run_that_is_not_drawn_is_named_with_what_it_lacks(study_of, capsys) -> None:
    study = study_of({"run": {"figures": ["figure3", "agreement"], "tables": ["table2"]}})
    assert study.all_figures(None) == []
    assert capsys.readouterr().err.splitlines() == [
        f"imeval: left out: run: figures: expected its table in run.tables, and its pictures read, found '{name}'; "
        f"ask for results/figures/{name}.pdf by its name"
        for name in ("figure3", "agreement")
    ]


@pytest.mark.parametrize(
    ("figure", "table", "rows"),
    [
        ("figure4", "table14", [["socratic", "cw_plus"]]),
        ("option_positions", "table6", [["socratic", "mc.imgt_random"]]),
        ("parameters", "table3", [["socratic", "ow"], ["socratic", "cw_plus"], ["efficientnet_lite0", "cw"]]),
        ("reliability", "table3", [["conse", "cw"], ["efficientnet_lite0", "cw"]]),
    ],
)
def test_a_figure_is_of_those_rows_of_its_table_that_have_what_it_draws(demo, figure, table, rows) -> None:
    assert demo.figures.settings(job(figure=figure))["table"] == table
    found = demo.figures.context(job(figure=figure))["rows"]
    assert all(row in found for row in rows), found
    assert figure == "parameters" or len({model for model, _ in found}) < 5


def test_costs_and_positions_are_of_models_with_prices_and_of_requests_about_several_images(study_of) -> None:
    paper = study_of({"run": {"models": ["gpt_4o", "internvl3_5", "eva02"]}})
    cost = paper.figures.context(job(figure="cost"))
    assert list(cost["models"]) == ["gpt_4o"]
    assert cost["models"]["gpt_4o"]["prices"]["input"] == 2.5
    assert list(paper.figures.context(job(figure="batch_positions"))["models"]) == ["gpt_4o"]
    # A new price draws no other figure.
    assert "prices" not in paper.figures.context(job(figure="figure3"))["models"]["gpt_4o"]


def test_a_table_without_such_rows_is_named_with_what_to_do(demo) -> None:
    with pytest.raises(UserError) as caught:
        demo.figures.inputs(job(figure="cost"))
    assert str(caught.value) == (
        "figure cost, of table3: rows: expected a model with prices, found none; "
        "name another table in figures.cost.table, or other models in run.models"
    )


def test_pictures_that_no_model_of_the_run_needs_are_read_for_no_figure_alone(study_of) -> None:
    model = {"title": "M", "group": "supervised", "backend": "imported", "tasks": ["cw"], "files": {"cw": "m.csv"}}
    config = {"models": {"mine": model}, "run": {"models": ["mine"]}}
    assert "figure1" not in study_of(config).figures.of_run()
    assert "figure1" in study_of(config, {"pictures": "include"}).figures.of_run()
    assert study_of(config).figures.inputs(job(figure="figure1"))["pictures"]


def test_what_a_figure_lacks_is_named_with_what_to_do(study_of) -> None:
    original = study_of({"run": {"labels": "original"}, "label_sets": {"original": {"title": "O", "kind": "original"}}})
    assert "figure3" not in original.figures.of_run()
    with pytest.raises(UserError) as caught:
        original.figures.inputs(job(figure="figure3"))
    assert str(caught.value) == (
        "figure figure3, of table3: labels: expected others than the original ones, found none; "
        "name a label set in run.labels"
    )


@pytest.mark.parametrize(
    ("figures", "line"),
    [
        (
            {"figure3": {"table": "tabel4"}},
            "figures.figure3.table: expected an entry of tables, found 'tabel4'; did you",
        ),
        ({"figure3": {"tabel": "table4"}}, "figures.figure3.tabel: expected a known key, found 'tabel'; did you mean"),
        ({"figure33": {}}, "figures.figure33: expected a known key, found 'figure33'; did you mean 'figure3'?"),
        ({"figure1": {"models": ["consee"]}}, "figures.figure1.models: expected an entry of models, found 'consee'"),
    ],
)
def test_a_misspelt_key_or_name_is_refused_with_the_nearest(study_of, figures, line: str) -> None:
    with pytest.raises(UserError) as caught:
        study_of({"figures": figures})
    assert line in str(caught.value)


def test_a_file_that_a_figure_names_is_an_input_with_its_content_and_must_exist(study_of, config) -> None:
    study = study_of({"figures": {"figure6": {"annotation": "config/labels/demo_regt.csv"}}})
    assert study.figures.inputs(job(figure="figure6"))["named"] == ["config/labels/demo_regt.csv"]
    (content,) = study.figures.contents(job(figure="figure6"))
    assert len(content) == 64
    assert study.figures.contents(job(figure="figure3")) == []
    (line,) = mistakes(config | {"figures": {"figure6": {"annotation": "kinds.csv"}}})
    assert "figures.figure6.annotation: expected an existing file, found no file kinds.csv" in line


def test_flows_go_from_the_first_other_label_set_of_a_table_to_its_own(study_of) -> None:
    table = {"layout": "label_sets", "title": "t", "label_sets": ["real"], "tasks": ["cw"]}
    study = study_of({"tables": {"table99": table}, "figures": {"flows": {"table": "table99"}}})
    assert study.figures.inputs(job(figure="flows")) == {
        "labels": "results/labels/demo/demo_regt.parquet",
        "other_labels": "results/labels/demo/real.parquet",
    }
    assert study.figures.context(job(figure="flows"))["other_label_set"] == "ReaL"
    with pytest.raises(UserError, match=r"tables\.table3: label_sets: expected a label set beside its own, found none"):
        study_of({"figures": {"flows": {"table": "table3"}}}).figures.inputs(job(figure="flows"))
