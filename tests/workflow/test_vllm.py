"""A real vLLM, from its start to Tables 4, 5 and 6. It is tested where `vllm` is on the PATH (docs/served.md)."""

import shutil
from pathlib import Path

import polars as pl
import pytest
import tiny_checkpoints
from projects import Project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("vllm") is None, reason="vLLM is not installed: no `vllm` on the PATH"),
]

CONFIGURATION = """
models:
  plain: &served
    title: A tiny Qwen3-VL, a text a request
    group: mllm
    backend: served
    program: vllm
    tasks: [ow, cw_plus, cw, mc]
    weights: {path: checkpoint}
    arguments: {max_model_len: 16384, dtype: float32, enforce_eager: true}
    max_new_tokens: 16
    gpus: 0
    encoder: sbert
    templates: none
  structured: {<<: *served, title: The same by a schema, answer_format: json, max_new_tokens: 64}
run: {name: vllm, models: [plain, structured, efficientnet_lite2], tables: [table4, table5, table6]}
multiple_choice: {runs: 2}
tasks: {cw: {variants: {repeated: {runs: 2}}}}
"""
ON_A_CPU = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "OMP_NUM_THREADS": "1",
}


def answers(project: Project, task: str, model: str) -> list[str]:
    return pl.read_parquet(project.folder / f"results/responses/demo/{task}/{model}/*.parquet")["text"].to_list()


def test_a_model_served_by_vllm_fills_tables_4_5_and_6(demo: Project, tmp_path: Path) -> None:
    project = demo.copied(tmp_path / "project")
    tiny_checkpoints.qwen3_vl(project.folder / "checkpoint")
    project.write("mine.yaml", CONFIGURATION)
    tables = [f"results/vllm/tables/table{number}.csv" for number in (4, 5, 6)]
    outcome = project.snakemake(*tables, "--configfile", "mine.yaml", **ON_A_CPU)
    assert outcome.code == 0, outcome.output
    for table in tables:
        rows = pl.read_csv(project.folder / table).filter(pl.col("model").is_in(["plain", "structured"]))
        assert set(rows["model"]) == {"plain", "structured"}
        assert rows["n_asked"].max() in (20, 40)
        assert rows["n_error"].sum() == 0
    assert all(text.startswith("{") for text in answers(project, "cw", "structured"))
    assert not any(text.startswith("{") for text in answers(project, "cw", "plain"))
    assert not list(project.folder.glob("results/servers/*"))
