"""A real server of OpenAI's protocol: Table 4 of a tiny Qwen3-VL that `transformers serve` answers for."""

import csv
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from models.conftest import sentence_encoder_folder  # noqa: F401

pytest.importorskip("uvicorn", reason="transformers serve needs the extra `serving`")
pytest.importorskip("fastapi", reason="transformers serve needs the extra `serving`")
tiny_checkpoints = pytest.importorskip("tiny_checkpoints")

pytestmark = pytest.mark.slow

CONFIGURATION = """
image_sets:
  mine:
    title: my four photographs
    source: {{kind: folder, path: photographs}}
    original_labels: {{kind: file_name, pattern: '_(\\d+)$'}}
label_sets:
  mine: {{title: my labels, kind: file, path: labels.csv}}
encoders:
  tiny: {{title: Tiny, backend: sentence_transformers, weights: {{path: {encoder}}}}}
models:
  served:
    title: Tiny Qwen3-VL
    group: mllm
    backend: openai
    tasks: [ow, cw_plus, cw]
    api_model: {checkpoint}
    base_url: {url}
    concurrency: 2
    max_new_tokens: 8
    encoder: tiny
    templates: none
run: {{image_set: mine, labels: mine, models: [served]}}
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A checkpoint's folder, and the address at which a server answers for it."""
    checkpoint, port = tmp_path / "qwen3_vl", free_port()
    tiny_checkpoints.qwen3_vl_moe(checkpoint)
    arguments = ["serve", str(checkpoint), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", *arguments]
    with open(tmp_path / "serve.log", "w") as log:
        server = subprocess.Popen(command, env=os.environ | {"HF_HUB_OFFLINE": "1"}, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield checkpoint, f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    start = time.monotonic()
    while time.monotonic() - start < 120 and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not start")


def test_the_whole_of_table_4_comes_from_a_served_model(
    project, served: tuple[Path, str], sentence_encoder_folder: Path
) -> None:
    checkpoint, url = served
    (project.folder / "photographs").mkdir()
    for number in range(4):
        (project.folder / f"photographs/{number}_{number}.png").write_bytes(tiny_checkpoints.photograph(number))
    project.write("labels.csv", "image_id,labels\n" + "".join(f"{number}_{number},{number}\n" for number in range(4)))
    settings = CONFIGURATION.format(encoder=sentence_encoder_folder, checkpoint=checkpoint, url=url)
    project.write("mine.yaml", settings)
    outcome = project.snakemake("results/tables/table4.csv", "--configfile", "mine.yaml")
    assert outcome.code == 0, outcome.output
    with open(project.folder / "results/tables/table4.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["category"] == "A"]
    assert {row["task"] for row in rows} == {"ow", "cw_plus", "cw"}
    assert all(0 <= float(row["value"]) <= 100 for row in rows)
