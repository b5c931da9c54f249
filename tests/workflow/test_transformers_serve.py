"""A real server of OpenAI's protocol, started by the run: Table 4 of a tiny Qwen3-VL behind `transformers serve`."""

import csv
from pathlib import Path

import photographs
import psutil
import pytest
from models.conftest import sentence_encoder_folder  # noqa: F401

pytest.importorskip("uvicorn", reason="transformers serve needs the extra `serving`")
pytest.importorskip("fastapi", reason="transformers serve needs the extra `serving`")
tiny_checkpoints = pytest.importorskip("tiny_checkpoints")

pytestmark = pytest.mark.slow

CONFIGURATION = """
encoders:
  tiny: {{title: Tiny, backend: sentence_transformers, weights: {{path: {encoder}}}}}
models:
  served:
    title: Tiny Qwen3-VL
    group: mllm
    backend: served
    program: transformers
    unprotected: true
    tasks: [ow, cw_plus, cw]
    weights: {{path: {checkpoint}}}
    arguments: {{dtype: float32}}
    hardware: {{device: cpu}}
    concurrency: 2
    max_new_tokens: 8
    encoder: tiny
    templates: none
run: {{image_set: mine, labels: mine, models: [served]}}
"""


def test_the_whole_of_table_4_comes_from_a_model_that_is_served_once(
    project, tmp_path: Path, sentence_encoder_folder: Path
) -> None:
    checkpoint = tmp_path / "qwen3_vl"
    tiny_checkpoints.qwen3_vl_moe(checkpoint)
    (project.folder / "photographs").mkdir()
    for number in range(4):
        (project.folder / f"photographs/{number}_{number}.png").write_bytes(tiny_checkpoints.photograph(number))
    project.write("labels.csv", "image_id,labels\n" + "".join(f"{number}_{number},{number}\n" for number in range(4)))
    images = photographs.configuration("my four photographs", shards=2)
    project.write("mine.yaml", images + CONFIGURATION.format(encoder=sentence_encoder_folder, checkpoint=checkpoint))
    outcome = project.snakemake("results/tables/table4.csv", "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    with open(project.folder / "results/tables/table4.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["category"] == "A"]
    assert {row["task"] for row in rows} == {"ow", "cw_plus", "cw"}
    assert all(0 <= float(row["value"]) <= 100 for row in rows)
    assert outcome.output.count("imeval: served is served at http://127.0.0.1:") == 1
    output = (project.folder / "results/logs/servers/served.output.log").read_text()
    assert output.count("POST /v1/chat/completions") == 8
    assert [
        process for process in psutil.process_iter(["cmdline"]) if str(checkpoint) in (process.info["cmdline"] or [])
    ] == []
