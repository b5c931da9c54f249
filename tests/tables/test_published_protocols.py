"""The paper's Tables 6, 8 to 14 and 16 to 18, from integer counts through metrics, tables and rendering to their print.

Nothing but percentages is published. Counts of hits in S+, S-, M+ and M- follow from them, since the accuracies of S, M
and A must come out as well.
"""

import csv
from collections.abc import Mapping
from itertools import product
from math import ceil, floor

import numpy as np
import polars as pl
import published_counts
import pytest
from imeval import tables
from imeval.scoring import breakdowns, metrics, out_of_prompt
from imeval.scoring.contract import Scores
from imeval.tables import published, rendering

DISJOINT = ("S+", "S-", "M+", "M-")
# The 625-image subset, the ten images a class (whose categories are not told), and the whole.
SUBSET = {"S+": 316, "S-": 36, "M+": 221, "M-": 19, "N": 33}
WHOLE = published_counts.IMAGES
RUNS = 31

Values = dict[tuple[str, str], str]


def lines(name: str) -> list[dict[str, str]]:
    with open(published_counts.PUBLISHED / f"{name}.csv") as file:
        return list(csv.DictReader(file))


def grouped(name: str, *keys: str, value: str = "accuracy") -> dict[tuple[str, ...], Values]:
    """Read a published table: the printed value by (labels, category), of every row given by the keys."""
    found: dict[tuple[str, ...], Values] = {}
    for line in lines(name):
        found.setdefault(tuple(line[key] for key in keys), {})[line["labels"], line["category"]] = line[value]
    return found


def that_print(text: str, images: int) -> range:
    """Return the numbers of hits among images whose percentage is printed so."""
    return within(float(text), 0.0051, images)


def within(percentage: float, away: float, images: int) -> range:
    low, high = percentage - away, percentage + away
    return range(max(0, ceil(low * images / 100)), min(images, floor(high * images / 100)) + 1)


def counts_that_print(values: Values, images: Mapping[str, int], runs: int = 1) -> dict[str, int]:
    """Find hits under ReGT, summed over the runs, with which every accuracy of a row comes out as printed."""
    members = {"S": ("S+", "S-"), "M": ("M+", "M-"), "A": DISJOINT}
    # Over several runs the paper's means are off by up to a unit of the last digit: 80.83 is no count of 36 × 31.
    away = 0.0051 if runs == 1 else 0.0085
    candidates = (within(float(values["regt", category]), away, runs * images[category]) for category in DISJOINT)
    for hits in product(*candidates):
        found = dict(zip(DISJOINT, hits, strict=True))
        sums = {union: sum(found[member] for member in inside) for union, inside in members.items()}
        sums["A"] += runs * images["N"]
        sizes = {union: runs * sum(images[member] for member in inside) for union, inside in members.items()}
        sizes["A"] += runs * images["N"]
        # The paper's own sums are off by up to a unit of the last digit.
        if all(sums[union] in within(float(values["regt", union]), 0.011, sizes[union]) for union in members):
            return found
    raise AssertionError(f"no counts print {values}")


def scores(
    images: Mapping[str, int], regt: Mapping[str, int], imgt: int, runs: int = 1, out: int | Mapping[str, int] = 0
) -> pl.DataFrame:
    """Make Scores whose hits, summed over the runs and spread evenly over them, are these counts."""
    categories = np.repeat(list(images), list(images.values()))
    places = np.arange(len(categories))
    first = {category: int(places[categories == category][0]) for category in images if images[category]}
    within = places - np.array([first[category] for category in categories])
    frames = []
    for run in range(runs):
        correct = {category: (hits + run) // runs for category, hits in regt.items()} | {"N": images["N"]}
        outs = {category: (out if isinstance(out, int) else out[category]) for category in images}
        frames.append(
            pl.DataFrame(
                {
                    "image_id": [f"{place:05d}" for place in places],
                    "run": np.full(len(places), run, np.int16),
                    "category": categories,
                    "outcome": "answered",
                    "imgt_correct": places < (imgt + run) // runs,
                    "regt_correct": within < np.array([correct[category] for category in categories]),
                    "oop": places >= len(places) - (out + run) // runs
                    if isinstance(out, int)
                    else within >= np.array([images[category] - outs[category] for category in categories]),
                }
            )
        )
    return pl.concat(frames).select(Scores.column_names())


def context(
    models: Mapping[str, tuple[str, ...]], images: Mapping[str, int], measured: list[pl.DataFrame], **changes: object
) -> tables.Context:
    settings = {
        "name": "table0",
        "title": "As printed",
        "image_set": "images",
        "label_set": "ReGT",
        "models": tuple(tables.ModelRow(model, model, "mllm", done) for model, done in models.items()),
        "task_titles": {task: task for done in models.values() for task in done},
        "equivalent": "plus",
        "best_task_by": "regt",
        "errors": "exclude",
        "confidence": 0.95,
        "counts": {name: sum(images[member] for member in inside) for name, inside in metrics.MEMBERS.items()},
        "metrics": pl.concat(measured),
    }
    return tables.Context(**(settings | changes))


def beside_the_paper(layout: str, made: tables.Context, name: str) -> list[dict[str, str]]:
    """Build a table, set the paper's numbers beside it, and return its rows in CSV; every published one is there."""
    table = published.with_published(tables.build(layout, made), published_counts.PUBLISHED / f"{name}.csv", {})
    rows = [row for row in csv.DictReader(rendering.to_csv(table).splitlines()) if row["published"]]
    return rows


def settings_of(rows: Mapping[tuple[str, str], Values], task: str) -> dict[str, tuple[str, ...]]:
    """Return the tasks of every model, in the order of the paper's rows; `task` holds a setting's place as {}."""
    models: dict[str, tuple[str, ...]] = {}
    for model, setting in rows:
        models[model] = (*models.get(model, ()), task.format(setting))
    return models


def measured(
    rows: Mapping[tuple[str, str], Values], task: str, images: Mapping[str, int], runs: int = 1
) -> list[pl.DataFrame]:
    return [
        metrics.measure(
            scores(
                images,
                counts_that_print(values, images, runs),
                that_print(values["imgt", "A"], runs * sum(images.values()))[0],
                runs,
            ),
            model,
            task.format(setting),
            "exclude",
            0.95,
        )
        for (model, setting), values in rows.items()
    ]


def differences(rows: list[dict[str, str]]) -> list[float]:
    """Return how far the numbers are from print, but for the unions, whose print may be off by itself."""
    assert max(abs(float(row["difference"])) for row in rows) < 0.0115
    unions = [("accuracy", "regt", union) for union in ("A", "S", "M")]
    return [
        abs(float(row["difference"])) for row in rows if (row["metric"], row["labels"], row["category"]) not in unions
    ]


@pytest.mark.parametrize(("hits", "cell"), [(0, "0.00 ±0.00"), (1, "0.09 ±0.18"), (2, "0.18 ±0.25")])
def test_single_hits_over_31_runs_of_36_images_print_as_in_the_papers_cells(hits: int, cell: str) -> None:
    made = scores(SUBSET, {**dict.fromkeys(DISJOINT, 0), "S-": hits}, 0, RUNS)
    found = metrics.measure(made, "m", "mc.imgt_random", "exclude", 0.95)
    text = rendering.to_tex(tables.build("multiple_choice", context({"m": ("mc.imgt_random",)}, SUBSET, [found])))
    assert f"& {cell.split(' ')[0]} & {{\\scriptsize\\,$\\pm${cell.split('±')[1]}}}" in text


@pytest.mark.parametrize("name", ["table6", "table18"])
def test_every_accuracy_of_the_multiple_choice_tables_comes_out(name: str) -> None:
    rows = grouped(name, "model", "options")
    models = settings_of(rows, "mc.{}")
    frames = measured(rows, "mc.{}", SUBSET, RUNS)
    renamed = [frame.with_columns(pl.col("task").str.replace("^mc.cw$", "cw.repeated")) for frame in frames]
    models = {model: tuple(task.replace("mc.cw", "cw.repeated") for task in done) for model, done in models.items()}
    found = beside_the_paper("multiple_choice", context(models, SUBSET, renamed), name)
    assert len(found) == len(lines(name))
    assert max(differences(found)) < 0.0085
    assert all(row["published"] and row["ci_low"] for row in found)


@pytest.mark.parametrize(
    ("name", "key", "task"), [("table10", "batch_size", "cw.batch_{}"), ("table13", "output", "cw.{}")]
)
def test_every_accuracy_and_count_of_the_tables_of_one_setting_comes_out(name: str, key: str, task: str) -> None:
    rows = grouped(name, "model", key)
    out = {(line["model"], line[key]): int(line["oop_images"]) for line in lines(name)}
    frames = [
        metrics.measure(
            scores(SUBSET, counts_that_print(values, SUBSET), that_print(values["imgt", "A"], 625)[0], out=out[place]),
            place[0],
            task.format(place[1]),
            "exclude",
            0.95,
        )
        for place, values in rows.items()
    ]
    found = beside_the_paper("variants", context(settings_of(rows, task), SUBSET, frames), name)
    assert len(found) == len(lines(name)) + len(rows)
    assert max(differences(found)) < 0.0052


def test_table_16_comes_out_with_its_means_over_31_runs() -> None:
    values = {(line["labels"], line["category"]): line["mean"] for line in lines("table16")}
    out = round(float(values["oop_images", "A"]) * RUNS)
    hits = counts_that_print(values, SUBSET, RUNS)
    made = scores(SUBSET, hits, that_print(values["imgt", "A"], RUNS * 625)[0], RUNS, out)
    frame = metrics.measure(made, "gpt_4o", "cw.repeated", "exclude", 0.95)
    found = beside_the_paper("variants", context({"gpt_4o": ("cw.repeated",)}, SUBSET, [frame]), "table16")
    assert len(found) == len(lines("table16"))
    assert max(differences(found)) < 0.0052


def test_table_11_comes_out() -> None:
    frames, models = [], {}
    for line in lines("table11"):
        hits = that_print(line["regt_A"], 6250)[0]
        made = scores(
            {"S+": 6250, "N": 0}, {"S+": hits}, that_print(line["imgt_A"], 6250)[0], out=int(line["oop_images"])
        )
        frames.append(metrics.measure(made, line["model"], f"cw.{line['order']}", "exclude", 0.95))
        models[line["model"]] = (*models.get(line["model"], ()), f"cw.{line['order']}")
    images = {**dict.fromkeys(SUBSET, 0), "S+": 6250}
    found = beside_the_paper("orders", context(models, images, frames), "table11")
    assert len(found) == 3 * len(lines("table11"))
    assert max(differences(found)) < 0.0052


def test_table_12_comes_out_from_the_same_images_at_each_position() -> None:
    # Batches of ten over 625 images: 63 stand first, 63 fifth, 62 tenth.
    positions = [place % 10 + 1 for place in range(625)]
    responses = pl.DataFrame(
        {"image_id": [f"{place:05d}" for place in range(625)], "position": positions},
        {"image_id": pl.String, "position": pl.Int16},
    ).with_columns(run=pl.lit(0, pl.Int16))
    frames, models = [], {}
    for line in lines("table12"):
        at = np.array(positions) == int(line["position"])
        rank = np.cumsum(at) - 1
        columns = {
            labels: at & (rank < that_print(line[f"{labels}_accuracy"], int(at.sum()))[0])
            for labels in ("imgt", "regt")
        }
        made = scores({"S+": 625, "N": 0}, {"S+": 0}, 0).with_columns(
            pl.Series("imgt_correct", columns["imgt"]),
            pl.Series("regt_correct", columns["regt"]),
            pl.Series("oop", at & (rank < int(line["oop_images"]))),
        )
        model, task = line["model"], f"cw.batch_{line['batch_size']}"
        frames.append(
            breakdowns.measure_positions(
                made, responses, [int(line["position"])], model=model, task=task, errors="exclude", confidence=0.95
            )
        )
        models[model] = tuple(dict.fromkeys((*models.get(model, ()), task)))
    made = context(models, {**dict.fromkeys(SUBSET, 0), "S+": 625}, frames, settings={"positions": [1, 5, 10]})
    found = beside_the_paper("positions", made, "table12")
    assert len(found) == 3 * len(lines("table12"))
    assert max(differences(found)) < 0.0052


def test_table_14_comes_out_with_the_papers_counting_of_n_and_without() -> None:
    frames, models = [], {}
    for model in ("internvl3_5", "gpt_4o", "qwen3_vl", "llava_onevision"):
        told = {line["category"]: line for line in lines("table14") if line["model"] == model}
        out = {category: int(told[category]["oop_images"]) for category in WHOLE}
        mended = {category: int(told[category]["correctly_mapped"]) for category in DISJOINT}
        closed = scores(WHOLE, dict.fromkeys(DISJOINT, 0), 0, out=out)
        order = pl.int_range(pl.len()).over("category")
        size = pl.col("category").replace_strict(WHOLE, return_dtype=pl.Int64)
        start = size - pl.col("category").replace_strict(out, return_dtype=pl.Int64)
        count = pl.col("category").replace_strict({**mended, "N": 0}, return_dtype=pl.Int64)
        mapped = closed.with_columns(
            regt_correct=((order >= start) & (order < start + count)) | (pl.col("category") == "N")
        )
        frames += [
            metrics.measure(closed, model, "cw", "exclude", 0.95),
            metrics.measure(mapped, model, "cw_plus", "exclude", 0.95),
            out_of_prompt.measure_mapping(closed, mapped, model=model, task="cw_plus", confidence=0.95),
        ]
        models[model] = ("cw", "cw_plus")
    table = tables.build("oop_mapping", context(models, WHOLE, frames))
    found = beside_the_paper("oop_mapping", context(models, WHOLE, frames), "table14")
    assert len(found) == sum(4 if line["correctly_mapped"] else 2 for line in lines("table14"))
    assert max(differences(found)) < 0.0052
    labelled = {row.model: row.cells[1].value for block in table.blocks[1:2] for row in block.rows}
    assert labelled == {"internvl3_5": 237, "gpt_4o": 1427, "qwen3_vl": 2965, "llava_onevision": 7792}


def test_table_15_comes_out_from_answers_of_each_kind() -> None:
    out = {"internvl3_5": 271, "gpt_4o": 1647, "qwen3_vl": 3290, "llava_onevision": 8364}
    texts = {"partial": "Retriever", "imagenet_name": "crane", "abstain": "I don't know.", "wrong": "golden crane"}
    frames = []
    for model, images in out.items():
        told = {line["oop_type"]: line["percent"] for line in lines("table15") if line["model"] == model}
        counts = {kind: that_print(told[kind], images)[0] for kind in ("partial", "imagenet_name", "abstain")}
        counts["wrong"] = images - sum(counts.values())
        answers = [texts[kind] for kind, count in counts.items() for _ in range(count)]
        predictions = pl.DataFrame({"text": answers, "oop": True})
        names = ["golden retriever", "crane bird"]
        frames.append(
            out_of_prompt.measure_kinds(predictions, names, ["crane"], model=model, task="cw", confidence=0.95)
        )
    made = context(dict.fromkeys(out, ("cw",)), WHOLE, frames)
    found = beside_the_paper("oop_types", made, "table15")
    assert len(found) == len(lines("table15"))
    # GPT-4o's row adds up to 100.01 in print.
    assert max(differences(found)) < 0.0115


def test_table_17_comes_out_with_each_models_best_encoder() -> None:
    rows: dict[tuple[str, str], Values] = {}
    encoders = {"sbert": "sbert", "qwen3_embedding_8b": "qwen3_embedding", "siglip2_gopt": "siglip2_text"}
    for (model, encoder, templates), values in grouped("table17", "model", "encoder", "templates").items():
        rows[model, f"{encoders[encoder]}-{'openai' if templates == '1' else 'none'}"] = values
    models = settings_of(rows, "ow.{}")
    table_context = context(models, WHOLE, measured(rows, "ow.{}", WHOLE))
    found = beside_the_paper("encoders", table_context, "table17")
    assert len(found) == len(lines("table17"))
    assert max(differences(found)) < 0.0052
    assert table_context.best_tasks == {
        "paligemma2": "ow.siglip2_text-openai",
        "llava_onevision": "ow.qwen3_embedding-openai",
        "internvl3_5": "ow.qwen3_embedding-openai",
        "qwen3_vl": "ow.qwen3_embedding-openai",
        "gpt_4o": "ow.siglip2_text-openai",
    }


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
    made = context(
        models, experts, own, beside_image_set="the subset", beside_label_set="ReGT", beside_metrics=pl.concat(beside),
        beside_counts={"A": 625},
    )  # fmt: skip
    found = beside_the_paper("expert_labels", made, "table8")
    assert len(found) == len(lines("table8"))
    assert max(differences(found)) < 0.0052


def test_table_9_comes_out_from_whole_images_of_each_class() -> None:
    sizes = {356: 26, 357: 40, 358: 28, 359: 65}
    ids = {"weasel": 356, "mink": 357, "polecat": 358, "domestic ferret": 359}
    told: dict[str, dict[int, dict[str, str]]] = {}
    for line in lines("table9"):
        told.setdefault(line["model"], {})[ids[line["class"]]] = line
    own, beside = [], []
    for model, classes in told.items():
        for frames, labels, column, counts in (
            (beside, "imgt", "imgt_recall", dict.fromkeys(sizes, 50)),
            (own, "regt", "weaselgt_recall", sizes),
        ):
            rows = [
                (f"{class_id}-{place:02d}", class_id, place < that_print(classes[class_id][column], count)[0])
                for class_id, count in counts.items()
                for place in range(count)
            ]
            names, images, hits = zip(*rows, strict=True)
            scored = pl.DataFrame({
                "image_id": names, "run": 0, "category": "S+", "outcome": "answered", "imgt_correct": hits,
                "regt_correct": hits, "oop": False,
            })  # fmt: skip
            labelled = pl.DataFrame(
                {"image_id": names, "imgt": images, "labels": [[image] for image in images], "category": "S+"}
            )
            frame = breakdowns.measure_recall(
                scored, labelled, model=model, task="cw", errors="exclude", confidence=0.95
            )
            frames.append(frame.filter(pl.col("labels") == labels))
    made = context(
        dict.fromkeys(told, ("cw",)), {**dict.fromkeys(SUBSET, 0), "S+": 159}, own,
        settings={"classes": {str(class_id): name for name, class_id in ids.items()}},
        beside_image_set="all images of the classes", beside_metrics=pl.concat(beside),
    )  # fmt: skip
    found = beside_the_paper("class_recall", made, "table9")
    assert len(found) == 2 * len(lines("table9"))
    assert max(differences(found)) < 0.0052


def test_the_difference_stands_beside_the_value_in_html() -> None:
    values = {(line["labels"], line["category"]): line["mean"] for line in lines("table16")}
    made = scores(SUBSET, {"S+": 300, "S-": 10, "M+": 190, "M-": 5}, 460)
    frame = metrics.measure(made, "gpt_4o", "cw.repeated", "exclude", 0.95)
    table = tables.build("variants", context({"gpt_4o": ("cw.repeated",)}, SUBSET, [frame]))
    page = rendering.to_html(published.with_published(table, published_counts.PUBLISHED / "table16.csv", {}))
    assert values["imgt", "A"] == "74.69"
    assert '73.60</td><td class="behind"' in page
    assert "paper 74.69 ±0.19 (−1.09)" in page
