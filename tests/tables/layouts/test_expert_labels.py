import made_tables
import polars as pl
import pytest
from imeval import tables
from imeval.scoring import metrics
from imeval.tables.rendering import to_html
from published_tables import RUNS, Values, beside_the_paper, differences, lines, printed_context, scores, that_print


def test_changes_on_both_image_sets_have_their_own_intervals() -> None:
    counts = {"A": 10, "S": 10, "S+": 10, **dict.fromkeys(("S-", "M", "M+", "M-", "N"), 0)}
    change = made_tables.LITE0_RELABELLED
    found = made_tables.differences(
        change | {"difference": 0.1, "ci_low": -0.05, "ci_high": 0.2},
        change | {"images": "beside", "difference": -0.2, "ci_low": -0.4, "ci_high": 0},
    )
    intervals = made_tables.intervals(
        {"images": "beside", "model": "lite0", "task": "cw", "ci_method": "bootstrap_images_runs"}
    )
    table = tables.build("expert_labels", made_tables.context(
        made_tables.measured("lite0", "cw", imgt=12, regt=14), models=(made_tables.LITE0,), differences=found,
        intervals=intervals, counts=counts, beside_image_set="whole images", beside_label_set="ReGT",
        beside_counts=counts, beside_metrics=made_tables.measured("lite0", "cw", imgt=8, regt=4),
    ))  # fmt: skip
    cells = {(cell.metric, cell.labels): cell for cell in made_tables.numbers(table, "lite0", "cw")[:4]}
    own, beside = cells["accuracy", "regt"], cells["beside_accuracy", "regt"]
    assert (own.delta, own.delta_low, own.delta_high) == pytest.approx((10, -5, 20))
    assert (beside.delta, beside.delta_low, beside.delta_high) == pytest.approx((-20, -40, 0))
    assert (beside.resampled_low, beside.resampled_method) == (15, "bootstrap_images_runs")
    assert own.resampled_low is cells["beside_accuracy", "imgt"].delta_low is None


def test_table_8_comes_out_from_whole_images() -> None:
    experts = {"S+": 112, "S-": 47, **dict.fromkeys(("M+", "M-", "N"), 0)}
    rows: dict[tuple[str, str], Values] = {}
    for line in lines("table8"):
        task = "mc.imgt_regt_confeva" if line["task"] == "mc" else line["task"]
        rows.setdefault((line["model"], task), {})[line["labels"], line["images"]] = line["accuracy"]
    beside, own, models = [], [], {}
    for (model, task), values in rows.items():
        imgt, regt = (that_print(values[labels, "A625"], 625 * RUNS)[0] for labels in ("imgt", "regt"))
        # Means over runs where the model is not deterministic: 82.17 % of 625 are no whole number of images.
        beside.append(
            metrics.measure(scores({"S+": 625, "N": 0}, {"S+": regt}, imgt, RUNS), model, task, "exclude", 0.95)
        )
        hits = {
            category: that_print(values["weaselgt", f"{category}{images}"], images)[0]
            for category, images in experts.items()
            if images
        }
        made = scores(experts, hits, that_print(values["imgt", "A159"], 159)[0])
        own.append(metrics.measure(made, model, task, "exclude", 0.95))
        models[model] = (*models.get(model, ()), task)
    made = printed_context(
        models, experts, own, beside_image_set="the subset", beside_label_set="ReGT", beside_metrics=pl.concat(beside),
        beside_counts={"A": 625},
    )  # fmt: skip
    found = beside_the_paper("expert_labels", made, "table8")
    assert len(found) == len(lines("table8"))
    assert max(differences(found)) < 0.0052
    # The column of A under the new labels has the change from ImGT; both its values are printed as published.
    changes = {(row["model"], row["task"], row["metric"]): float(row["delta"]) for row in found if row["delta"]}
    assert len(changes) == 2 * len(rows)
    for (model, task), values in rows.items():
        printed = {
            "beside_accuracy": float(values["regt", "A625"]) - float(values["imgt", "A625"]),
            "accuracy": float(values["weaselgt", "A159"]) - float(values["imgt", "A159"]),
        }
        for metric, change in printed.items():
            assert changes[model, task, metric] == pytest.approx(change, abs=0.0105)
    assert round(changes["gpt_4o", "cw", "accuracy"], 2) == 20.13
    assert round(changes["eva02", "cw", "beside_accuracy"], 2) == 1.44
    assert round(changes["imgt", "cw", "accuracy"], 2) == -29.56
    page = to_html(tables.build("expert_labels", made))
    assert all(change in page for change in ("+20.1", "+23.3", "+1.4", "−29.6"))
