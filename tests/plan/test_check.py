import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pictures
import polars as pl
import pytest
from imeval.base.errors import mistake
from imeval.images.places import Source
from imeval.images.sources import list_images
from imeval.plan import check
from imeval.plan.check import Finding, Needs
from models.openai_server import completion, failure, serving

LABELS = "image_id,labels\n" + "".join(f"{name},{label}\n" for name, label in pictures.LABELS.items())


@pytest.fixture
def needs(tmp_path: Path) -> Needs:
    """A run over the five pictures in a folder, with labels and predictions, and no model of ours."""
    folder = pictures.as_folder(tmp_path / "val")
    (tmp_path / "labels.csv").write_text(LABELS)
    (tmp_path / "predictions.csv").write_text(LABELS.replace("labels", "class_id"))
    (tmp_path / "equivalence.csv").write_text("class_id_a,class_id_b\n620,681\n")
    image_set = {
        "entry": {"original_labels": {"kind": "imagenet"}, "expected": 5},
        "source": {"kind": "folder", "path": str(folder), "pattern": "*"},
        "key": "imagenet.val",
        "made": 0.0,
        "selecting": {},
        "labels": {"regt": {"kind": "file", "path": str(tmp_path / "labels.csv")}},
        "predictions": {"mine": {"cw": str(tmp_path / "predictions.csv")}},
    }
    return Needs(
        image_sets={"val": image_set},
        equivalence=str(tmp_path / "equivalence.csv"),
        equivalent="plus",
        agreement_keys={"mine": "models.mine.expect_agreement"},
        missing_files={},
        packages={},
        downloads=str(tmp_path / "downloads"),
        weights={},
        endpoints={},
        programs={},
        left_out=[],
        results=str(tmp_path),
        budget={"images": {"val": 5}, "weights_gb": {}, "packages": 0, "gpu_jobs": [], "asked": []},
    )


def with_image_set(needs: Needs, **changes: object) -> Needs:
    return replace(needs, image_sets={"val": {**needs.image_sets["val"], **changes}})


def by_name(needs: Needs) -> dict[str, Finding]:
    return {finding.what: finding for finding in check.check(needs)}


def test_what_is_there_is_opened_and_counted(needs: Needs) -> None:
    findings = by_name(needs)
    assert all(finding.ready for finding in findings.values())
    assert findings["image set val"].found == "5 images, 5 selected"
    assert findings["label set regt of val"].found == "5 images; of the selected ones S+ 5, S- 0, M+ 0, M- 0, N 0"
    assert findings["predictions of mine, cw, of val"].found.startswith("5 answers in ")
    assert findings["disk space"].found.endswith("GB free, 0.0 GB for the pictures' shards")


@pytest.mark.parametrize(
    ("file", "text", "what", "message"),
    [
        ("labels.csv", LABELS + "stranger,1\n", "label set regt of val", "found 1 unknown: stranger"),
        ("labels.csv", LABELS.replace("970", "1000"), "label set regt of val", "line 3: labels: expected a class id"),
        (
            "predictions.csv",
            "image_id,class_id\n",
            "predictions of mine, cw, of val",
            "expected a row for each selected image",
        ),
        ("val/ILSVRC2012_val_00000009.JPEG", "", "image set val", "number of images: expected 5, found 6"),
        ("val/a.jpg", "", "image set val", "original labels: expected one for each picture, found none for 1: a.jpg"),
    ],
)
def test_a_mistake_is_a_line_of_the_table_with_what_to_do(
    needs: Needs, tmp_path: Path, file: str, text: str, what: str, message: str
) -> None:
    (tmp_path / file).write_text(text)
    finding = by_name(needs)[what]
    assert not finding.ready
    assert message in finding.found
    assert finding.remedy


def test_pictures_that_are_not_there_leave_the_labels_to_be_counted(needs: Needs) -> None:
    findings = by_name(with_image_set(needs, source={"kind": "tar", "path": "no/val.tar", "pattern": "*"}))
    assert findings["image set val"] == Finding(
        "image set val", False, "nothing at no/val.tar", "put the pictures there, or correct imagenet.val"
    )
    assert findings["label set regt of val"].found == "5 images"


def test_pictures_of_a_package_that_is_not_fetched_yet_are_not_missing(needs: Needs) -> None:
    source = {"kind": "folder", "path": f"{needs.downloads}/foolbox/data", "pattern": "*"}
    finding = by_name(with_image_set(needs, source=source))["image set val"]
    assert finding.ready
    assert "not fetched yet" in finding.found


def test_shards_that_do_not_fit_on_the_disk_are_missing_room(needs: Needs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    finding = by_name(needs)["disk space"]
    assert not finding.ready
    assert finding.remedy == "make room"
    assert by_name(with_image_set(needs, made=1.0))["disk space"].ready


def test_the_shards_of_a_parquet_source_take_as_much_as_its_files(tmp_path: Path, needs: Needs) -> None:
    folder = pictures.as_parquet(tmp_path / "hub")
    source = {"kind": "parquet", "path": str(folder), "pattern": "validation-*"}
    assert by_name(with_image_set(needs, source=source))["disk space"].ready


def test_a_missing_key_is_reported_and_one_that_is_set_is_never_printed(
    needs: Needs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asking = replace(needs, endpoints={"gpt_4o": {}, "local": {"base_url": "http://localhost:8000/v1"}})
    findings = by_name(asking)
    assert not findings["API key of gpt_4o"].ready
    assert findings["API key of gpt_4o"].remedy == "export it, and never write the key into a file or on a command line"
    assert findings["API key of local"].found == "no key, as http://localhost:8000/v1 is this machine"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    found = check.check(asking)
    assert Finding("API key of gpt_4o", True, "OPENAI_API_KEY is set") in found
    assert "sk-secret" not in check.report(found)


def test_an_address_that_is_not_safe_is_missing(needs: Needs) -> None:
    finding = by_name(replace(needs, endpoints={"m": {"base_url": "http://example.org/v1"}}))["API key of m"]
    assert not finding.ready
    assert "expected an https or a loopback address" in finding.found


def test_a_program_that_serves_a_model_is_there_or_missing(
    needs: Needs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    needing = replace(needs, programs={"large": ("vllm", False)})
    assert by_name(needing)["server of large"] == Finding(
        "server of large",
        False,
        "models.large: program: expected an installed vllm, found none",
        "install it in a separate environment and put a link to it on the PATH",
    )
    (tmp_path / "vllm").touch(0o755)
    assert by_name(needing)["server of large"] == Finding("server of large", True, str(tmp_path / "vllm"))


def test_local_weights_are_there_or_missing(needs: Needs, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").touch()
    weights = {"model a": {"path": str(tmp_path / "w.safetensors")}, "model b": {"path": "no/weights"}}
    findings = by_name(replace(needs, weights=weights))
    assert findings["model a"].ready
    assert findings["model b"] == Finding(
        "model b", False, "nothing at no/weights", "put the weights there, or correct the path"
    )


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.usefixtures("no_network")
def test_weights_of_the_hub_that_are_neither_cached_nor_reachable_are_missing(needs: Needs) -> None:
    weights = {"model a": {"hub": "nobody/no-such-model", "revision": "main"}}
    finding = by_name(replace(needs, weights=weights))["model a"]
    assert not finding.ready
    assert finding.found.startswith("nobody/no-such-model at main: ")
    assert "check the network" in finding.remedy


@pytest.mark.parametrize(
    ("listed", "ready", "found"),
    [
        ("foolbox (3.3.5)\nAvailable versions: 3.3.5, 3.3.4\n", True, "3.3.4 is in the registry, to be fetched"),
        ("foolbox (3.3.5)\nAvailable versions: 3.3.5\n", False, "3.3.4 is not in the registry"),
        ("", False, "the registry cannot be reached"),
    ],
)
def test_a_package_is_fetched_or_in_the_registry_or_missing(
    needs: Needs, monkeypatch: pytest.MonkeyPatch, listed: str, ready: bool, found: str
) -> None:
    answer = subprocess.CompletedProcess([], 0, stdout=listed)
    monkeypatch.setattr(check.subprocess, "run", lambda *arguments, **options: answer)
    needing = replace(needs, packages={"foolbox": "3.3.4"})
    finding = by_name(needing)["package foolbox"]
    assert (finding.ready, finding.found) == (ready, found)
    Path(needs.downloads, "foolbox").mkdir(parents=True)
    assert by_name(needing)["package foolbox"].found == "fetched"


def test_the_table_has_the_remedy_below_what_is_missing() -> None:
    findings = [Finding("label set real", True, "50000 images"), Finding("model a", False, "nothing", "put it there")]
    assert check.report(findings).splitlines() == [
        "ready    label set real  50000 images",
        "MISSING  model a         nothing",
        "                         → put it there",
        "",
        "1 of 2 missing.",
    ]
    assert check.report(findings[:1]).endswith("\n\nEverything is ready.")


def test_a_missing_file_that_no_other_line_names_has_a_line(needs: Needs) -> None:
    lacking = {"json_answer": "no/answer.jinja", "label_sets.mine.path": "no/labels.csv"}
    labelled = with_image_set(needs, labels={"mine": {"kind": "file", "path": "no/labels.csv"}})
    labelled = replace(labelled, missing_files=lacking)
    missing = {finding.what: finding.found for finding in check.check(labelled) if not finding.ready}
    assert missing.keys() == {"label set mine of val", "json_answer"}
    assert missing["json_answer"] == "no file no/answer.jinja"


def test_every_image_set_has_its_lines_and_the_pictures_of_one_place_are_listed_once(
    needs: Needs, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[Path] = []

    def counting(source: Source) -> pl.DataFrame:
        listed.append(source.path)
        return list_images(source)

    monkeypatch.setattr(check, "list_images", counting)
    one = needs.image_sets["val"]
    part = {**one, "entry": {**one["entry"], "selection": {"per_class": 1}}, "predictions": {}}
    findings = by_name(replace(needs, image_sets={"val": one, "part": part}))
    assert findings["image set val"].found == "5 images, 5 selected"
    assert findings["image set part"].found == "5 images, 5 selected"
    assert findings["label set regt of part"].ready
    assert len(listed) == 1


def test_what_the_run_leaves_out_is_listed_and_not_missing(needs: Needs) -> None:
    record = mistake("tables.table8", "labels", "the file l.json", "none", "put it there").record()
    findings = check.check(replace(needs, left_out=[record]))
    printed = check.report(findings)
    assert all(finding.ready for finding in findings)
    assert "left out table8" in printed
    assert "→ put it there" in printed
    assert printed.endswith("Everything is ready. Tables left out: 1.")


def test_the_original_labels_are_those_of_the_pictures(needs: Needs) -> None:
    original = with_image_set(needs, labels={"original": {"kind": "original"}})
    found = by_name(original)["label set original of val"].found
    assert found == "5 images; of the selected ones S+ 5, S- 0, M+ 0, M- 0, N 0"
    absent = with_image_set(original, source={"kind": "tar", "path": "no.tar", "pattern": "*"})
    assert by_name(absent)["label set original of val"].found == "the original labels"


def test_what_the_run_will_take_is_estimated_for_the_images_that_are_there(needs: Needs) -> None:
    budget = {**needs.budget, "images": {"val": 50_000}, "gpu_jobs": [{"image_set": "val", "hours": 0.5}]}
    findings = by_name(replace(needs, budget=budget))
    assert findings["GPU time"].found == "at most 2.5 hours of one GPU, at half of its speed (docs/cluster.md)"


def test_a_model_that_is_asked_a_question_is_ready_if_it_refuses_nothing(needs: Needs, tmp_path: Path) -> None:
    with serving() as server:
        settings = {"api_model": "m", "base_url": server.url, "store": str(tmp_path / "store"), "max_attempts": 1}
        strict = {**settings, "temperature": 1.0}
        server.answers = lambda body: (
            failure(400, message="temperature is not supported") if body.get("temperature") else completion("orange")
        )
        found = by_name(replace(needs, probed={"free": settings, "strict": strict}))
    assert found["answer of free"] == Finding(
        "answer of free", True, "answers (ok), 1000 tokens in, 10 out, dollars unknown without prices"
    )
    assert (found["answer of strict"].ready, found["answer of strict"].remedy) == (False, "set temperature: null")
    assert found["answer of strict"].found.startswith("refuses temperature; without: answers (ok)")
