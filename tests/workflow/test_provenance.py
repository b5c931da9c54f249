"""The provenance beside a table, traced back from it; and equal bytes however a table was computed."""

import hashlib
import json
import platform
import re
import shutil
from collections.abc import Callable, Iterator

import photographs
import pytest
import timm
import torch
from models.openai_server import Server, completion, failure, image_of, serving
from PIL import Image
from projects import ROOT

pytestmark = pytest.mark.slow

CONFIGURATION = """
models:
  api:
    title: A model behind an API
    group: mllm
    backend: openai
    tasks: [cw]
    api_model: test-2026-11-24
    base_url: {url}
    max_error_share: 0.5
    encoder: sbert
    templates: none
  vit:
    title: ViT
    group: supervised
    backend: timm
    tasks: [cw]
    architecture: test_vit
    weights: {{path: weights.pth}}
run: {{image_set: mine, labels: mine, models: [api, vit], tables: [table2, table3]}}
"""
SHARD_NAME = re.compile(r"\d{5}-of-\d{5}")
PHOTOGRAPHS = [f"{number}_0.png" for number in range(6)]
TREE = """
table               results/tables/table3.csv
from outside        ├─ config/published/table3.csv
compare             ├─ results/differences/table3.parquet
label_images        │  ├─ results/labels/mine/mine.parquet
from outside        │  │  ├─ config/labels/equivalence.csv
from outside        │  │  ├─ labels.csv
index_images        │  │  └─ results/images/mine/index.parquet
list_images         │  │     └─ results/images/mine/listing.parquet
pictures            │  │        └─ photographs
score               │  ├─ results/metrics/mine/mine/cw/api.parquet
label_images        │  │  ├─ results/labels/mine/mine.parquet  (as above)
map_answers         │  │  └─ results/predictions/mine/cw/api.parquet
answer              │  │     └─ results/responses/mine/cw/api/*-of-00003.parquet  (3 shards)
from outside        │  │        ├─ config/prompts/closed_world.jinja
extract_images      │  │        └─ results/images/mine/*-of-00003.parquet  (3 shards)
pictures            │  │           ├─ photographs
list_images         │  │           ├─ results/images/mine/listing.parquet  (as above)
image               │  │           ├─ 0_0
image               │  │           ├─ 1_0
image               │  │           ├─ 2_0
image               │  │           ├─ 3_0
image               │  │           ├─ 4_0
image               │  │           └─ 5_0
score               │  ├─ results/metrics/mine/mine/cw/vit.parquet
label_images        │  │  ├─ results/labels/mine/mine.parquet  (as above)
predict             │  │  └─ results/predictions/mine/cw/vit.parquet
classify            │  │     └─ results/outputs/mine/cw/vit/*-of-00003.parquet  (3 shards)
extract_images      │  │        └─ results/images/mine/*-of-00003.parquet  (3 shards)  (as above)
score               │  ├─ results/scores/mine/mine/cw/api.parquet
label_images        │  │  ├─ results/labels/mine/mine.parquet  (as above)
map_answers         │  │  └─ results/predictions/mine/cw/api.parquet  (as above)
score               │  └─ results/scores/mine/mine/cw/vit.parquet
label_images        │     ├─ results/labels/mine/mine.parquet  (as above)
predict             │     └─ results/predictions/mine/cw/vit.parquet  (as above)
index_images        ├─ results/images/mine/index.parquet  (as above)
compare             ├─ results/intervals/table3.parquet
label_images        │  ├─ results/labels/mine/mine.parquet  (as above)
score               │  ├─ results/metrics/mine/mine/cw/api.parquet  (as above)
score               │  ├─ results/metrics/mine/mine/cw/vit.parquet  (as above)
score               │  ├─ results/scores/mine/mine/cw/api.parquet  (as above)
score               │  └─ results/scores/mine/mine/cw/vit.parquet  (as above)
label_images        ├─ results/labels/mine/mine.parquet  (as above)
score               ├─ results/metrics/mine/mine/cw/api.parquet  (as above)
score               ├─ results/metrics/mine/mine/cw/vit.parquet  (as above)
compare             └─ results/ranks/table3.parquet
label_images           ├─ results/labels/mine/mine.parquet  (as above)
score                  ├─ results/metrics/mine/mine/cw/api.parquet  (as above)
score                  ├─ results/metrics/mine/mine/cw/vit.parquet  (as above)
score                  ├─ results/scores/mine/mine/cw/api.parquet  (as above)
score                  └─ results/scores/mine/mine/cw/vit.parquet  (as above)
""".strip()


def photographed(project) -> dict[str, str]:
    """Write six photographs of class 0; return their numbers by the hash of their bytes."""
    folder = project.folder / "photographs"
    folder.mkdir()
    for number, name in enumerate(PHOTOGRAPHS):
        Image.new("RGB", (40, 30), (40 * number, 0, 0)).save(folder / name)
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path.name[0] for path in folder.iterdir()}


def made(project, server: Server, shards: int, cores: int):
    numbers = photographed(project)
    replies = {"3": completion("hen"), "4": completion(None, refusal="No."), "5": failure(400)}
    server.answers = lambda body: replies.get(numbers[image_of(body)], completion("tench"))
    project.write("labels.csv", "image_id,labels\n" + "".join(f"{number}_0,0\n" for number in range(6)))
    torch.manual_seed(0)
    torch.save(timm.create_model("test_vit").state_dict(), project.folder / "weights.pth")
    shutil.copy(ROOT / "pyproject.toml", project.folder)
    images = photographs.configuration("my six photographs", selection={"per_class": 6}, shards=shards)
    project.write("mine.yaml", images + CONFIGURATION.format(url=server.url))
    outcome = project.snakemake("--configfile", "mine.yaml", cores=cores)
    assert outcome.code == 0, outcome.output
    return project


@pytest.fixture(scope="module")
def runs(new_project: Callable[[], object]) -> Iterator[tuple[object, object]]:
    """The same run from nothing twice: whole on one core, and in three shards on two."""
    with pytest.MonkeyPatch.context() as environment, serving() as server:
        environment.setenv("OPENAI_API_KEY", "sk-test")
        yield made(new_project(), server, shards=1, cores=1), made(new_project(), server, shards=3, cores=2)


@pytest.fixture
def record(runs: tuple) -> dict:
    return json.loads((runs[0].folder / "results/provenance.json").read_text())


def results(project) -> dict[str, bytes]:
    """Every result that lies in no shard and no store."""
    files = project.results().items()
    return {name: content for name, content in files if not SHARD_NAME.search(name) and not name.startswith("store/")}


def traced(project, file: str):
    return project.snakemake("trace", "--configfile", "mine.yaml", "--config", f"file={file}")


def lines(output: str) -> list[tuple[str, str]]:
    """The hash and the rest of every line of a tree."""
    found = re.findall(r"^([0-9a-f]{12}|–) {2,}(\S.*)$", output, re.MULTILINE)
    return [(digest, rest) for digest, rest in found]


def sha256(project, path: str) -> str:
    return hashlib.sha256((project.folder / path).read_bytes()).hexdigest()


def test_any_number_of_cores_and_shards_gives_the_same_bytes_pages_and_provenance_among_them(runs: tuple) -> None:
    whole, sharded = map(results, runs)
    assert {"provenance.json", "provenance/table3.json", "tables/table3.html", "ranks/table3.parquet"} <= set(whole)
    assert whole == sharded


def test_errors_and_refusals_of_every_model_are_counted(record: dict) -> None:
    counts = {"image_set": "mine", "labels": "mine", "task": "cw", "images": 6, "answers": 6}
    counts |= {"unreadable": 0, "empty": 0}
    assert record["answers"] == [
        counts | {"model": "api", "errors": 1, "refusals": 1},
        counts | {"model": "vit", "errors": 0, "refusals": 0},
    ]


def test_models_are_told_by_what_was_asked_for_and_what_was_loaded(runs: tuple, record: dict) -> None:
    weights = sha256(runs[0], "weights.pth")
    assert record["models"] == {
        "api": {"title": "A model behind an API", "revision": {"api_model": "test-2026-11-24"}, "loaded": []},
        "vit": {
            "title": "ViT",
            "revision": {"path": "weights.pth"},
            "loaded": [{"weights": "weights.pth", "sha256": weights}],
            "preprocessing": ["as the model was trained: 160 x 160 pixels, center crop of 0.95, bicubic"],
        },
    }


def test_hardware_and_packages_are_those_of_the_job_that_ran_a_model(record: dict) -> None:
    # Table 2 needs no model.
    assert set(record["hardware"]) == {"vit", "scoring"}
    (machine,) = record["hardware"]["vit"]
    assert machine["processor"].endswith(f" ({platform.machine()})")
    assert record["packages"]["torch"] == torch.__version__.partition("+")[0]
    assert record["packages"]["timm"] == timm.__version__


def test_labels_images_files_seeds_and_code_are_told(runs: tuple, record: dict) -> None:
    (labels,) = record["labels"]
    assert labels["sha256"] == sha256(runs[0], "results/labels/mine/mine.parquet")
    images = record["images"]["mine"]
    assert (images["title"], images["images"], images["broken"]) == ("my six photographs", 6, 0)
    names = sorted(f"{name[:-4]} {sha256(runs[0], f'photographs/{name}')}\n" for name in PHOTOGRAPHS)
    assert images["sha256"] == hashlib.sha256("".join(names).encode()).hexdigest()
    assert record["files"]["labels.csv"] == sha256(runs[0], "labels.csv")
    assert record["seeds"] == {
        "image_sets.mine.selection.seed": 0, "models.api.seed": 0, "scoring.bootstrap.seed": 0
    }  # fmt: skip
    assert record["code"]["version"] == "0.2.0"
    assert {"classify", "answer", "score", "table"} <= set(record["code"]["rules"])
    assert record["configuration"]["models"]["api"]["api_model"] == "test-2026-11-24"
    assert record["tables"] == ["table2", "table3"]


def test_the_page_opens_with_counts_and_the_hash_of_the_labels(runs: tuple, record: dict) -> None:
    page = (runs[0].folder / "results/tables/table3.html").read_text()
    labels = record["labels"][0]["sha256"]
    summary = f"Made by imeval 0.2.0 of 6 images, labels my labels {labels[:12]}; 12 answers, 1 errors, 1 refusals"
    assert page.index(f"<summary>{summary}</summary>") < page.index("<table>\n<thead>")


def test_one_table_alone_renews_the_provenance_of_all_that_lie_there(runs: tuple) -> None:
    project, everything = runs[0], (runs[0].folder / "results/provenance.json").read_bytes()
    for path in ("results/provenance.json", "results/tables/table3.csv"):
        (project.folder / path).unlink()
    outcome = project.snakemake("results/tables/table3.csv", "--configfile", "mine.yaml")
    assert outcome.jobs() == {"table"}, outcome.output
    assert (project.folder / "results/provenance.json").read_bytes() == everything


def test_a_table_is_traced_down_to_every_photograph_and_the_labels(runs: tuple) -> None:
    project = runs[1]
    outcome = traced(project, "results/tables/table3.csv")
    assert outcome.code == 0, outcome.output
    tree = lines(outcome.output)
    assert "\n".join(rest for _, rest in tree) == TREE
    digests = {rest.split()[-1]: digest for digest, rest in tree}
    assert digests["results/tables/table3.csv"] == sha256(project, "results/tables/table3.csv")[:12]
    assert digests["labels.csv"] == sha256(project, "labels.csv")[:12]
    for name in PHOTOGRAPHS:
        assert digests[name[:-4]] == sha256(project, f"photographs/{name}")[:12]


def test_a_file_that_has_changed_since_breaks_the_chain(runs: tuple) -> None:
    project = runs[1]
    before = (project.folder / "labels.csv").read_text()
    project.write("labels.csv", before.replace("5_0,0", "5_0,1"))
    outcome = traced(project, "results/tables/table2.csv")
    project.write("labels.csv", before)
    assert outcome.code != 0
    assert "! labels.csv has changed since results/labels/mine/mine.parquet was made from it" in outcome.output
