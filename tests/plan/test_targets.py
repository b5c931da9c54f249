import pytest
from imeval.base.errors import UserError
from imeval.plan.targets import require_known_targets


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/tables/table33.tex", "tables: no entry 'table33'; did you mean 'table3'?"),
        ("results/tables/table3.pdf", "format: expected one of tex, csv, html, found 'pdf'"),
        ("results/labels/demo/demo_regtt.parquet", "label_sets: no entry 'demo_regtt'; did you mean 'demo_regt'?"),
        ("results/images/dmo/index.parquet", "image_sets: no entry 'dmo'; did you mean 'demo'?"),
        ("results/outputs/demo/cw/efficientnet_lit0/00000-of-00001.parquet", "models: no entry 'efficientnet_lit0'"),
        ("results/predictions/demo/cw/socratik.parquet", "models: no entry 'socratik'; did you mean 'socratic'?"),
        ("results/scores/demo/real/cww/socratic.parquet", "tasks: no entry 'cww'; did you mean 'cw'?"),
        ("results/figures/agrement.pdf", "figures: no figure 'agrement'; did you mean 'agreement'?"),
        ("results/ranks/tabel3.parquet", "tables: no entry 'tabel3'; did you mean 'table3'?"),
        ("table33", "expected a file below results, found 'table33'; did you mean results/tables/table3.html?"),
        ("table3.tex", "expected a file below results, found 'table3.tex'; did you mean results/tables/table3.tex?"),
        ("table3.pdf", "expected a file below results, found 'table3.pdf'; did you mean results/tables/table3.html?"),
        ("agreement", "expected a file below results, found 'agreement'; did you mean results/figures/agreement.png?"),
        ("results/tables/table10.csv", "tables.table10: models: expected a model for cw.batch_1, cw.batch_5, cw.batch"),
    ],
)
def test_a_misspelt_name_in_a_target_is_refused_with_the_nearest(demo, target: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        require_known_targets([target], demo.entries)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "results/tables/table3.tex",
        "results/figures/agreement.svg",
        "results/labels/demo/demo_regt-real/summary.html",
        "results/embeddings/classes/sbert-none.parquet",
        "results/embeddings/demo/images/conse/00000-of-00001.parquet",
        "results/embeddings/demo/cw_plus/socratic.parquet",
        "results/predictions/demo/demo_regt/mc.imgt_random/socratic.parquet",
        "results/responses/demo/cw/socratic/00000-of-00001.parquet",
        "results/provenance.json",
        "results/cost.csv",
        "results/claims.html",
        "8",
        "check",
        "mine.yaml",
        "file=results/tables/table33.csv",
    ],
)
def test_a_target_of_known_names_passes(demo, target: str) -> None:
    require_known_targets([target], demo.entries)


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("mine", "results/tables/table3.tex", "expected results of the run 'mine' below results/mine, found "
         "'results/tables/table3.tex'; did you mean results/mine/tables/table3.tex? run.name in the configuration"),
        ("mine", "results/paper/tables/table3.tex", "expected results of the run 'mine', found "
         "'results/paper/tables/table3.tex'; did you mean results/mine/tables/table3.tex?"),
        (None, "results/paper/tables/table3.tex", "expected results of a run without a name, found "
         "'results/paper/tables/table3.tex'; did you mean results/tables/table3.tex?"),
        ("mine", "results/mine/tables/table33.tex", "tables: no entry 'table33'; did you mean 'table3'?"),
        ("mine", "table3.tex", "did you mean results/mine/tables/table3.tex?"),
    ],
)  # fmt: skip
def test_the_results_of_a_run_are_asked_for_in_its_folder(study_of, name: str, target: str, message: str) -> None:
    study = study_of({"run": {"name": name}} if name else {})
    with pytest.raises(UserError) as caught:
        require_known_targets([target], study.entries)
    assert message in str(caught.value)


def test_shared_results_and_those_of_a_named_run_are_found(study_of) -> None:
    entries = study_of({"run": {"name": "mine"}}).entries
    require_known_targets(["results/mine/tables/table3.tex", "results/mine/figures/agreement.png"], entries)
    require_known_targets(["results/labels/demo/demo_regt.parquet", "results/store/socratic"], entries)
