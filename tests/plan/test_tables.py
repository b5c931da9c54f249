from copy import deepcopy
from typing import Any

import pytest
import yaml
from imeval.base.errors import UserError
from imeval.plan import discovery, tables
from imeval.tables.layout import Layout
from projects import ROOT

CONFIG: dict[str, Any] = {}
for name in ("config", "datasets", "models", "tasks", "tables"):
    CONFIG |= yaml.safe_load((ROOT / f"config/{name}.yaml").read_text())


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(ROOT)
    return deepcopy(CONFIG)


def imported(*tasks: str) -> dict[str, Any]:
    bases = list(dict.fromkeys(task.split(".")[0] for task in tasks))
    files = {task: f"{task}.csv" for task in tasks}
    return {"title": "Mine", "group": "mllm", "backend": "imported", "tasks": bases, "files": files}


def test_a_variant_is_its_task_with_other_settings() -> None:
    tasks = tables.expanded_tasks(CONFIG)
    assert tasks["cw.batch_5"]["images_per_request"] == 5
    assert tasks["cw.batch_5"]["prompt"] == tasks["cw"]["prompt"]
    assert tasks["cw.id"]["mapping"] == "index"
    assert tasks["cw.id"]["base"] == "cw"


def test_a_task_mapped_by_embedding_has_a_variant_for_every_encoder_and_templates() -> None:
    task = tables.expanded_tasks(CONFIG)["ow.qwen3_embedding-openai"]
    assert (task["answers_of"], task["encoder"], task["templates"]) == ("ow", "qwen3_embedding", "openai")
    assert "cw.qwen3_embedding-openai" not in tables.expanded_tasks(CONFIG)


def test_a_table_lists_each_model_with_the_tasks_it_does_in_the_tables_order(config: dict[str, Any]) -> None:
    config["models"]["mine"] = imported("mc.regt_confeva", "mc.imgt_random", "cw")
    config["run"]["models"] = ["efficientnet_lite0", "mine"]
    plan = tables.table_plan(config, "table18")
    assert plan.rows == (("mine", "mc.imgt_random"), ("mine", "mc.regt_confeva"))
    assert tables.table_plan(config, "table3").rows == (("efficientnet_lite0", "cw"), ("mine", "cw"))


def test_table_4_has_the_decoded_tasks_of_a_model_that_names_them(config: dict[str, Any]) -> None:
    assert tables.table_plan(config, "table4").tasks("socratic") == ("ow", "cw_plus", "cw")
    config["models"]["socratic"]["tasks"] += ["cw_likelihood", "cw_constrained"]
    config["models"]["mine"] = imported("cw_constrained")
    config["run"]["models"] = ["socratic", "mine"]
    plan = tables.table_plan(config, "table4")
    assert plan.tasks("socratic") == ("ow", "cw_plus", "cw", "cw_constrained", "cw_likelihood")
    assert plan.tasks("mine") == ("cw_constrained",)


def test_answers_are_mapped_by_every_encoder_and_class_ids_by_none(config: dict[str, Any]) -> None:
    config["models"]["mine"] = imported("ow")
    config["run"]["models"] = ["mine"]
    rows = (("mine", "ow.sbert-none"), ("mine", "ow.sbert-simple"))
    assert tables.table_plan(config, "table17").rows == rows
    with pytest.raises(UserError, match=r"mine has no files\.ow\.sbert-none; has no files\.ow\.sbert-simple"):
        tables.table_plan(config, "table17", ["mine"])
    config["models"]["mine"] = imported("ow", "ow.sbert-none")
    assert tables.table_plan(config, "table17", ["mine"]).rows == rows[:1]


def test_a_comparison_of_settings_lists_a_model_only_if_it_has_them_all(config: dict[str, Any]) -> None:
    config["models"] |= {"some": imported("cw.batch_1"), "all": imported("cw.batch_1", "cw.batch_5", "cw.batch_10")}
    config["run"]["models"] = ["some", "all"]
    assert tables.table_plan(config, "table10").models == ("all",)


def test_a_table_may_have_its_own_images_labels_and_models(config: dict[str, Any]) -> None:
    config["tables"]["table5"] |= {"image_set": "imagenet_val", "labels": "real", "models": ["gpt_4o"]}
    assert tables.table_plan(config, "table5") == tables.Plan("imagenet_val", "real", (("gpt_4o", "cw"),))


@pytest.mark.parametrize(
    ("most", "models"), [(None, ("gpt_4o", "qwen3_vl")), (10, ("gpt_4o", "qwen3_vl")), (5, ("gpt_4o",))]
)
def test_a_model_is_asked_for_no_more_images_a_request_than_it_takes(
    config: dict[str, Any], most: int | None, models: tuple[str, ...]
) -> None:
    config["run"]["models"] = ["gpt_4o", "qwen3_vl"]
    config["models"]["qwen3_vl"] |= {} if most is None else {"max_images_per_request": most}
    assert tables.table_plan(config, "table10").models == models


def test_a_model_that_takes_five_images_a_request_is_named_with_this_number(config: dict[str, Any]) -> None:
    config["run"]["models"] = ["qwen3_vl"]
    config["models"]["qwen3_vl"]["max_images_per_request"] = 5
    with pytest.raises(UserError, match="found qwen3_vl takes at most 5 images a request; add a model"):
        tables.table_plan(config, "table11")


@pytest.mark.parametrize(
    ("table", "model", "reason"),
    [
        ("table10", "internvl3_5", "internvl3_5 takes one image a request"),
        ("table10", "socratic", "socratic takes one image a request"),
        ("table6", "efficientnet_lite0", "efficientnet_lite0 is no mllm"),
        ("table13", "paligemma2", "paligemma2 has no cw among its tasks"),
        ("table14", "mine", "mine has no cw_plus among its tasks"),
        ("table13", "mine", "mine has no files.cw.id; has no files.cw.name"),
    ],
)
def test_a_table_that_no_model_can_fill_is_refused_with_what_each_lacks(
    config: dict[str, Any], table: str, model: str, reason: str
) -> None:
    config["models"]["mine"] = imported("cw")
    config["run"]["models"] = [model]
    with pytest.raises(UserError) as caught:
        tables.table_plan(config, table)
    assert str(caught.value).startswith(f"tables.{table}: models: expected a model for ")
    assert f"found {reason}; add a model that can to run.models" in str(caught.value)


def test_a_table_whose_label_file_is_not_there_is_refused_with_the_setting_that_names_it(
    config: dict[str, Any],
) -> None:
    config["label_sets"]["mustelidae"]["path"] = "no/such.json"
    with pytest.raises(UserError) as caught:
        tables.table_plan(config, "table8")
    assert str(caught.value) == (
        "tables.table8: labels: expected the file no/such.json, found none; "
        "put it there, or set label_sets.mustelidae.path to where it is"
    )


def test_the_tables_that_can_be_filled_stand_apart_from_those_that_cannot(config: dict[str, Any]) -> None:
    able, problems = tables.fillable(config, ["table1", "table10", "table3", "table12"])
    assert able == ["table1", "table3"]
    assert [str(problem).split(":")[0] for problem in problems] == ["tables.table10", "tables.table12"]


def test_a_comparison_needs_two_rows(config: dict[str, Any]) -> None:
    config["run"]["models"] = ["efficientnet_lite0"]
    with pytest.raises(UserError, match=r"tables.table3p: models: expected two models or tasks to compare, found 1"):
        tables.table_plan(config, "table3p")


def test_every_name_in_tables_files_and_multiple_choice_is_looked_up(config: dict[str, Any]) -> None:
    config["tables"]["table6"]["tasks"] = ["mc.imgt_randon"]
    config["tables"]["table3p"]["of"] = "table33"
    config["multiple_choice"]["confusions"]["model"] = "efficientnet_lite9"
    config["models"]["mine"] = imported("cw.batch_7")
    found = {".".join(keys): (registry, nearest) for keys, registry, _, nearest in tables.registry_problems(config)}
    assert found["tables.table6.tasks"] == ("tasks", "did you mean 'mc.imgt_random'?")
    assert found["tables.table3p.of"][0] == "tables"
    assert found["multiple_choice.confusions.model"][0] == "models"
    assert found["models.mine.files.cw.batch_7"][0] == "tasks"
    assert len(found) == 4


def test_every_table_has_a_known_layout() -> None:
    assert {table["layout"] for table in CONFIG["tables"].values()} <= set(discovery.layouts())


@pytest.mark.parametrize(
    ("layout", "models"),
    [
        (Layout(models="none"), ()),
        (Layout(models="mllm"), ("mine",)),
        (Layout(models="no labels"), ("efficientnet_lite0", "mine")),
        (Layout(models="all"), ("imgt", "efficientnet_lite0", "mine")),
    ],
)
def test_a_layout_names_the_groups_of_models_that_it_lists(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, layout: Layout, models: tuple[str, ...]
) -> None:
    monkeypatch.setattr(discovery, "layouts", lambda: {"toy": layout})
    config["models"] |= {"mine": imported("cw"), "imgt": imported("cw") | {"group": "labels"}}
    config["run"]["models"] = ["imgt", "efficientnet_lite0", "mine"]
    config["tables"] = {"table20": {"layout": "toy", "title": "Toy", "tasks": ["cw"]}}
    assert tables.table_plan(config, "table20").models == models


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("table4", "a model for ow, cw_plus, cw, cw_constrained, cw_likelihood"),
        ("table5", "a model for cw"),
        ("table7", "a multimodal LLM"),
    ],
)
def test_a_table_of_mllms_is_refused_in_a_run_without_one(config: dict[str, Any], table: str, expected: str) -> None:
    config["run"]["models"] = ["efficientnet_lite0"]
    with pytest.raises(UserError) as caught:
        tables.table_plan(config, table)
    assert str(caught.value) == (
        f"tables.{table}: models: expected {expected}, found efficientnet_lite0 is no mllm; "
        "add a model that can to run.models"
    )
    config["run"]["models"] = []
    with pytest.raises(UserError, match=f"expected {expected}, found none"):
        tables.table_plan(config, table)


def test_a_table_that_describes_models_is_planned_without_rows_of_answers(config: dict[str, Any]) -> None:
    config["run"]["models"] = ["socratic", "efficientnet_lite0"]
    assert tables.table_plan(config, "table7").rows == ()


@pytest.mark.parametrize(
    ("table", "tasks"),
    [("table3", ["ow", "cw_plus", "cw"]), ("table5", ["cw"]), ("table6", ["mc.imgt_random", "mc.imgt_confeva"])],
)
def test_under_the_original_labels_no_task_offers_others(config: dict[str, Any], table: str, tasks: list[str]) -> None:
    config["run"] |= {"labels": "original", "models": ["gpt_4o"]}
    config["tables"]["table6"]["tasks"].remove("cw.repeated")
    assert list(tables.table_plan(config, table).tasks("gpt_4o")) == tasks


@pytest.mark.parametrize("table", ["table1", "table2", "table14", "table6"])
def test_a_table_about_other_labels_is_refused_under_the_original_ones(config: dict[str, Any], table: str) -> None:
    config["run"] |= {"labels": "original", "models": ["gpt_4o"]}
    config["tables"]["table6"]["tasks"] = ["mc.regt_confeva"]
    with pytest.raises(UserError) as caught:
        tables.table_plan(config, table)
    assert str(caught.value) == (
        f"tables.{table}: labels: expected others than the original ones, found none; "
        "name a label set with other labels in run.labels"
    )


def test_a_label_set_that_a_table_is_compared_with_must_be_known_and_there(config: dict[str, Any]) -> None:
    config["tables"]["table3"]["label_sets"] = ["reall"]
    found = {".".join(keys): name for keys, _, name, _ in tables.registry_problems(config)}
    assert found["tables.table3.label_sets"] == "reall"
    config["tables"]["table3"]["label_sets"] = ["mustelidae"]
    config["label_sets"]["mustelidae"]["path"] = "no/such.json"
    with pytest.raises(UserError, match=r"tables.table3: labels: expected the file no/such.json, found none"):
        tables.table_plan(config, "table3")
