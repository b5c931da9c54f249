from dataclasses import replace

from imeval import tables
from made_tables import SOCRATIC, context, measured, numbers
from published_tables import (
    WHOLE,
    Values,
    beside_the_paper,
    differences,
    grouped,
    lines,
    printed_context,
    printed_metrics,
    settings_of,
)


def test_the_best_text_encoder_is_marked_and_compared_with_the_configured_one() -> None:
    tasks = ("ow.sbert-none", "ow.sbert-simple")
    models = (replace(SOCRATIC, tasks=tasks, space="sbert-none"),)
    titles = dict.fromkeys(tasks, "MiniLM")
    frames = [measured("socratic", task, imgt=hits, regt=hits) for task, hits in zip(tasks, (5, 8), strict=True)]
    table = tables.build("encoders", context(*frames, models=models, task_titles=titles))
    assert [row.cells[:3] for row in table.blocks[0].rows] == [("Socratic", "MiniLM", ""), ("", "MiniLM", "+T")]
    assert [numbers(table, "socratic", task)[1].best for task in tasks] == [False, True]
    assert table.notes == ("Socratic: the best text encoder is sbert-simple; its other tables use sbert-none.",)


def test_table_17_comes_out_with_each_models_best_encoder() -> None:
    rows: dict[tuple[str, str], Values] = {}
    encoders = {"sbert": "sbert", "qwen3_embedding_8b": "qwen3_embedding", "siglip2_gopt": "siglip2_text"}
    for (model, encoder, templates), values in grouped("table17", "model", "encoder", "templates").items():
        rows[model, f"{encoders[encoder]}-{'openai' if templates == '1' else 'none'}"] = values
    models = settings_of(rows, "ow.{}")
    table_context = printed_context(models, WHOLE, printed_metrics(rows, "ow.{}", WHOLE))
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
