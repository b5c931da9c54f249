import polars as pl
from imeval import tables
from imeval.scoring import metrics, out_of_prompt
from imeval.tables.context import ModelRow
from made_tables import context, measured
from published_tables import DISJOINT, WHOLE, beside_the_paper, differences, lines, printed_context, scores


def test_table_14_comes_out_with_the_papers_counting_of_n_and_without() -> None:
    frames, models = [], {}
    for model in ("internvl3_5", "gpt_4o", "qwen3_vl", "llava_onevision"):
        printed = {line["category"]: line for line in lines("table14") if line["model"] == model}
        out = {category: int(printed[category]["oop_images"]) for category in WHOLE}
        mended = {category: int(printed[category]["correctly_mapped"]) for category in DISJOINT}
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
    table = tables.build("oop_mapping", printed_context(models, WHOLE, frames))
    found = beside_the_paper("oop_mapping", printed_context(models, WHOLE, frames), "table14")
    assert len(found) == sum(4 if line["correctly_mapped"] else 2 for line in lines("table14"))
    assert max(differences(found)) < 0.0052
    labelled = {row.model: row.cells[1].value for block in table.blocks[1:2] for row in block.rows}
    assert labelled == {"internvl3_5": 237, "gpt_4o": 1427, "qwen3_vl": 2965, "llava_onevision": 7792}


def test_the_row_without_n_has_the_same_denominator_as_that_of_all_images() -> None:
    # Of the 20 images the last three failed: those of M- and the one of N.
    closed = measured("socratic", "cw", 1, 1, outcomes=("error",) * 3)
    mapped = measured("socratic", "cw_plus", 1, 1, outcomes=("error",) * 3)
    renamed = mapped.filter(metric="oop_rate").with_columns(metric=pl.lit("oop_mapped"))
    labelled = renamed.filter(category="A").with_columns(metric=pl.lit("oop_mapped_labelled"))
    model = ModelRow("socratic", "Socratic", "mllm", ("cw", "cw_plus"))
    table = tables.build("oop_mapping", context(closed, mapped, renamed, labelled, models=(model,)))
    rates = [block.rows[0].cells[2] for block in table.blocks[:2]]
    assert [block.title for block in table.blocks[:2]] == ["A", "A without N"]
    assert [(rate.n, rate.n_asked, rate.n_error) for rate in rates] == [(17, 20, 3), (17, 19, 2)]
