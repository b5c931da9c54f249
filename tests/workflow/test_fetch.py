"""Everything that a run needs from the network is fetched first; its jobs need no network."""

import re

import hub_server
import pytest

pytestmark = pytest.mark.slow

CONFIGURATION = """
image_sets:
  val:
    title: the validation set
    source: {kind: folder, path: not/there}
    original_labels: {kind: imagenet}
models:
  mine:
    title: Mine
    group: supervised
    backend: timm
    tasks: [cw]
    architecture: resnet18
    weights: {hub: org/model, revision: main}
run: {image_set: val, labels: real, models: [mine], tables: [table3]}
"""


def test_weights_are_fetched_once_and_a_check_says_so(project) -> None:
    configuration = ("--configfile", project.write("mine.yaml", CONFIGURATION))
    manifest = project.folder / "results/downloads/hub/org/model/main.json"
    with hub_server.serving() as server:
        online = {"HF_ENDPOINT": server.address, "HF_HUB_OFFLINE": "0"}
        outcome = project.snakemake("fetch", *configuration, **online)
        assert outcome.code != 0
        assert "weights of org/model at main: model hub: expected an answer" in outcome.output
        assert "Traceback" not in outcome.output
        assert not manifest.exists()
        server.add("org/model", {"config.json": b"{}", "model.safetensors": b"weights", "pytorch_model.bin": b"pickle"})
        outcome = project.snakemake("check", *configuration, **online)
        assert re.search("ready +model mine +org/model is on the hub, to be fetched", outcome.output), outcome.output
        outcome = project.snakemake("fetch", *configuration, **online)
        assert outcome.code == 0, outcome.output
        assert outcome.jobs() == {"fetch", "fetch_weights"}
    folder = project.folder / "results/downloads/hub/models--org--model"
    assert {path.name for path in folder.glob("snapshots/*/*")} == {"config.json", "model.safetensors"}
    outcome = project.snakemake("check", *configuration)
    assert re.search("ready +model mine +org/model is fetched, 0.0 GB", outcome.output), outcome.output
