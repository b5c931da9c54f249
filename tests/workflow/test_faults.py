"""Faults of a long run: it is killed, stopped, started twice or moved, or its disk, clock or files fail.

After each fault the same command makes the bytes of an undisturbed run, and no temporary file and no process stays.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import photographs
import pytest
import stand_ins
from kills import living
from models.openai_server import Server, completion, image_of, serving
from PIL import Image

pytestmark = pytest.mark.slow

COUNT = 6
SHARD = "results/images/mine/00000-of-00001.parquet"
RESPONSES = "results/responses/mine/ow/api/00000-of-00001.parquet"
EMBEDDINGS = "results/embeddings/mine/ow/api.parquet"
PREDICTIONS = "results/predictions/mine/ow/api.parquet"
METRICS = "results/metrics/mine/mine/ow/api.parquet"
TABLE = "results/tables/table4.html"
FORMS = ("tex", "csv", "html")
LABELS = "image_id,labels\n" + "".join(f"{number}_0,0\n" for number in range(COUNT))
CONFIGURATION = """
encoders:
  tiny: {{title: Tiny, backend: open_clip, weights: {{path: weights}}}}
models:
  api:
    title: A model behind an API
    group: mllm
    backend: openai
    tasks: [ow]
    api_model: test
    base_url: {url}
    concurrency: 2
    encoder: tiny
    templates: none
compute: {{device: cpu, threads: 1}}
run: {{image_set: mine, labels: mine, models: [api], tables: [table4]}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def answers(server: Server) -> Iterator[threading.Event]:
    """Whether the server answers; what it was asked is forgotten before and after."""
    answering = threading.Event()

    def once_it_may(body: dict) -> object:
        answering.wait(120)
        return completion(f"a thing like {image_of(body)[0]}")

    server.asked.clear()
    server.answers = once_it_may
    yield answering
    answering.set()


@pytest.fixture(scope="module")
def undisturbed(new_project: Callable, server: Server) -> object:
    """A run to the end, from nothing."""
    project = new_project()
    (project.folder / "photographs").mkdir()
    for number in range(COUNT - 1):
        Image.new("RGB", (3000, 3000), (20 * number, 0, 0)).save(project.folder / f"photographs/{number}_0.png")
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(project.folder / f"photographs/{COUNT - 1}_0.png")
    project.write("labels.csv", LABELS)
    stand_ins.clip(project.folder / "weights")
    images = photographs.configuration("my six photographs")
    project.write("mine.yaml", images + CONFIGURATION.format(url=server.url))
    server.answers = lambda body: completion(f"a thing like {image_of(body)[0]}")
    made(project)
    return project


@pytest.fixture
def project(undisturbed: object, tmp_path: Path) -> object:
    """A copy of the undisturbed run, from which a test removes what a faulty run has to make."""
    return undisturbed.copied(tmp_path / "project")


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OPENAI_API_KEY", "sk-test")
        yield


def command(*targets: str) -> tuple[str, ...]:
    return (*targets, "--configfile", "mine.yaml")


def made(project: object, *targets: str) -> object:
    outcome = project.snakemake(*command(*targets))
    assert outcome.code == 0, outcome.output
    return outcome


def refused(project: object, *targets: str) -> str:
    """The output of a run that fails, in one sentence."""
    outcome = project.snakemake(*command(*targets))
    assert outcome.code != 0
    assert "Traceback" not in outcome.output
    return outcome.output


def without(project: object, *folders: str) -> None:
    for folder in folders:
        shutil.rmtree(project.folder / "results" / folder)


def without_logs(project: object) -> None:
    """Remove the logs, which show that a job has begun; notes of the machine stay."""
    for log in (project.folder / "results/logs").rglob("*.log"):
        log.unlink()


def content(project: object) -> dict[str, object]:
    """The results, but for the order in which answers came in."""
    results = project.results()
    return {name: sorted(data.splitlines()) if name.startswith("store") else data for name, data in results.items()}


def assert_as_undisturbed(project: object, undisturbed: object) -> None:
    assert content(project) == content(undisturbed)
    assert temporary_files(project) == []


def temporary_files(project: object) -> list[Path]:
    return [*(project.folder / "results").rglob(".*"), *(project.folder / ".snakemake/scripts").iterdir()]


@contextmanager
def running(project: object, *targets: str) -> Iterator[subprocess.Popen[str]]:
    """A run in a new session, all of whose processes have ended after the block."""
    arguments = [sys.executable, "-m", "snakemake", *command(*targets), "--cores", "2"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(arguments, cwd=project.folder, env=environment, start_new_session=True, **streams) as run:
        try:
            yield run
        finally:
            for process in living(run.pid):
                os.kill(process, signal.SIGKILL)


def wait_for_the_end(run: subprocess.Popen[str]) -> None:
    """Wait for the last process of a run that was killed; the system takes a moment."""
    start = time.monotonic()
    while living(run.pid):
        assert time.monotonic() - start < 10
        time.sleep(0.01)


def wait_for(run: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    start = time.monotonic()
    while not reached():
        assert run.poll() is None, run.stdout.read()
        assert time.monotonic() - start < 120
        time.sleep(0.001)


def log_of(project: object, output: str) -> Path:
    return project.folder / Path("results/logs", Path(output).relative_to("results")).with_suffix(".log")


def killed(project: object, reached: Callable[[], bool], output: str) -> None:
    """Kill a run and all its jobs in a stage: once it is reached, and before its output is there."""
    for _ in range(5):
        with running(project) as run:
            wait_for(run, reached)
            os.killpg(run.pid, signal.SIGSTOP)
            in_time = not (project.folder / output).exists()
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            wait_for_the_end(run)
        if in_time:
            return
        (project.folder / output).unlink()
        without_logs(project)
    pytest.fail(f"{output} was always there before the kill")


def test_a_run_killed_in_every_stage_goes_on_by_the_same_command(
    project: object, undisturbed: object, server: Server, answers: threading.Event
) -> None:
    without(project, "images", "labels", "embeddings/mine", "responses", "store", "predictions")
    without(project, "scores", "metrics", "tables")
    without_logs(project)
    answers.set()
    shard = project.folder / SHARD

    killed(project, lambda: any(shard.parent.glob(f".{shard.name}.*.partial")), SHARD)
    assert any(shard.parent.glob(".*.partial"))
    server.answer_limit = 3
    store = project.folder / "results/store/api/ow-00000-of-00001-mine.jsonl"
    killed(project, lambda: store.exists() and store.read_bytes().count(b"\n") == 3, RESPONSES)
    answered = {image_of(body) for body in server.asked[:3]}
    server.answer_limit = None
    for output in (EMBEDDINGS, PREDICTIONS, TABLE):
        killed(project, log_of(project, output).exists, output)
    made(project)

    assert_as_undisturbed(project, undisturbed)
    times = server.asked_about()
    assert len(times) == COUNT
    assert {times[image] for image in answered} == {1}


def stopped(
    project: object,
    target: str,
    number: signal.Signals,
    *,
    until: Callable[[], bool] = lambda: True,
    then: Callable[[], None] = lambda: None,
) -> str:
    """The output of a run that is sent a signal as a terminal or a scheduler does, once the target's job is at work."""
    log_of(project, target).unlink()
    with running(project, target) as run:
        wait_for(run, lambda: log_of(project, target).exists() and until())
        os.killpg(run.pid, number)
        # Long after Snakemake has handled the signal.
        time.sleep(2)
        then()
        output, _ = run.communicate(timeout=120)
        assert run.returncode == 1
        assert living(run.pid) == []
    return output


def test_ctrl_c_ends_a_run_and_its_model_in_one_sentence(
    project: object, undisturbed: object, answers: threading.Event
) -> None:
    without(project, "embeddings/mine", "predictions", "scores", "metrics", "tables")
    output = stopped(project, EMBEDDINGS, signal.SIGINT)
    assert output.count("imeval: stopped by SIGINT; run the same command again, which goes on from there") == 1, output
    assert "Traceback" not in output
    assert temporary_files(project) == []
    made(project, EMBEDDINGS)
    assert (project.folder / EMBEDDINGS).read_bytes() == (undisturbed.folder / EMBEDDINGS).read_bytes()


def test_sigterm_ends_a_run_and_what_it_has_asked_for_is_stored(
    project: object, undisturbed: object, server: Server, answers: threading.Event
) -> None:
    without(project, "responses", "embeddings/mine", "store", "predictions", "scores", "metrics", "tables")
    server.asked.clear()
    output = stopped(project, RESPONSES, signal.SIGTERM, until=lambda: bool(server.asked), then=answers.set)
    (file,) = (project.folder / "results/store").glob("*/*.jsonl")
    assert file.read_bytes().count(b"\n") == len(server.asked) > 0
    assert output.count("imeval: stopped by SIGTERM; run the same command again, which goes on from there") == 1
    assert "Traceback" not in output
    assert temporary_files(project) == []
    made(project, RESPONSES)
    assert set(server.asked_about().values()) == {1}
    assert (project.folder / RESPONSES).read_bytes() == (undisturbed.folder / RESPONSES).read_bytes()


def test_of_two_runs_in_one_folder_the_second_says_so_and_leaves(
    project: object, undisturbed: object, server: Server, answers: threading.Event
) -> None:
    without(project, "responses", "embeddings/mine", "store", "predictions", "scores", "metrics", "tables")
    with running(project, RESPONSES) as first:
        wait_for(first, lambda: len(server.asked) == 2)
        output = refused(project, RESPONSES)
        other = f"found process {first.pid} on "
        assert f"{project.folder}: run: expected no other in this folder, {other}" in output
        assert project.snakemake("-n", *command(RESPONSES)).jobs() == {"answer"}
        answers.set()
        first.communicate(timeout=120)
        assert first.returncode == 0
    assert set(server.asked_about().values()) == {1}
    assert (project.folder / RESPONSES).read_bytes() == (undisturbed.folder / RESPONSES).read_bytes()


def test_a_job_that_outlives_its_run_is_not_joined_by_another_that_pays_for_the_same(
    project: object, undisturbed: object, server: Server, answers: threading.Event
) -> None:
    without(project, "responses", "embeddings/mine", "store", "predictions", "scores", "metrics", "tables")
    with running(project, RESPONSES) as run:
        wait_for(run, lambda: len(server.asked) == 2)
        run.kill()
        run.wait()
        output = refused(project, RESPONSES)
        assert (
            "ow-00000-of-00001-mine.jsonl: job: expected no other with the same requests, found a running one" in output
        )
        answers.set()
        while living(run.pid):
            time.sleep(0.01)
    made(project, RESPONSES)
    assert set(server.asked_about().values()) == {1}
    assert (project.folder / RESPONSES).read_bytes() == (undisturbed.folder / RESPONSES).read_bytes()
    assert temporary_files(project) == []


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[None]:
    """A mount over a folder, only on this machine; the test is skipped if mounts are forbidden."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(["mount", *arguments, folder], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_stops_a_run_in_one_sentence(project: object, undisturbed: object) -> None:
    listing = "images/mine/listing.parquet"
    results = project.folder / "results"
    kept = (results / listing).read_bytes()
    shutil.rmtree(results)
    with mounted(results, "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        (results / "images/mine").mkdir(parents=True)
        (results / listing).write_bytes(kept)
        output = refused(project, SHARD)
        assert output.count("disk: expected enough free space, found No space left on device; make room") == 1
        assert temporary_files(project) == []

        (results / "filler").write_bytes(bytes(3 << 19))
        output = refused(project, SHARD)
        assert (
            output.count("results: folder: expected a writable folder, found No space left on device; make room") == 1
        )
        assert "extract_images" not in output.partition("Job stats")[2].partition("total")[2]

        (results / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=100m", results], check=True)
        made(project, SHARD)
        assert (project.folder / SHARD).read_bytes() == (undisturbed.folder / SHARD).read_bytes()
        assert temporary_files(project) == []


def test_a_full_disk_stops_a_run_before_it_can_keep_no_record_of_its_jobs(project: object) -> None:
    without(project, "tables")
    with mounted(project.folder / ".snakemake", "-t", "tmpfs", "-o", "size=600k", "tmpfs"):
        output = refused(project)
    assert output.count(".snakemake: folder: expected a writable folder, found No space left on device; make room") == 1


def test_a_read_only_results_folder_stops_a_run_in_one_sentence(project: object, undisturbed: object) -> None:
    without(project, "tables")
    results = project.folder / "results"
    with mounted(results, "--bind", results):
        subprocess.run(["mount", "-o", "remount,bind,ro", results], check=True)
        output = refused(project)
        assert output.count("results: folder: expected a writable folder, found Read-only file system; make room") == 1
        assert content(project).keys() == content(undisturbed).keys() - {f"tables/table4.{form}" for form in FORMS}
    made(project)
    assert_as_undisturbed(project, undisturbed)


def test_results_copied_to_another_path_are_gone_on_from_there(
    undisturbed: object, new_project: Callable, server: Server, answers: threading.Event
) -> None:
    moved = new_project()
    for name in ("photographs", "weights", "results"):
        shutil.copytree(undisturbed.folder / name, moved.folder / name, copy_function=shutil.copyfile)
    for name in ("labels.csv", "mine.yaml"):
        shutil.copyfile(undisturbed.folder / name, moved.folder / name)
    without(moved, "predictions", "scores", "metrics", "tables")
    made(moved)
    assert_as_undisturbed(moved, undisturbed)
    assert server.asked == []


def test_a_damaged_file_is_named_when_it_is_read_and_made_anew_by_the_same_command(
    project: object, undisturbed: object
) -> None:
    without(project, "scores", "metrics", "tables")
    predictions, labels = project.folder / PREDICTIONS, project.folder / "results/labels/mine/mine.parquet"
    flipped = bytearray(predictions.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    changed = predictions.stat().st_mtime_ns
    predictions.write_bytes(flipped)
    os.utime(predictions, ns=(changed, changed))
    labels.write_bytes(labels.read_bytes()[:-1])

    assert refused(project).count(f"{PREDICTIONS}: file: expected a whole Parquet file") == 1
    assert not predictions.exists()
    assert refused(project).count("results/labels/mine/mine.parquet: file: expected a whole Parquet file") == 1
    made(project)
    assert_as_undisturbed(project, undisturbed)


def test_after_a_clock_is_set_back_what_changed_is_made_again_and_nothing_else(
    project: object, undisturbed: object
) -> None:
    hour = 3600 * 10**9
    for path in (project.folder / "results").rglob("*.*"):
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + hour))
    changed = LABELS.replace("5_0,0", "5_0,1")
    os.utime(project.folder / project.write("labels.csv", changed), (time.time() + 3600,) * 2)
    assert refused(project, METRICS).count("labels.csv: time of change: expected one in the past") == 1
    project.write("labels.csv", changed)
    assert made(project, METRICS).jobs() == {"label_images", "score"}
    assert content(project) != content(undisturbed)
    project.write("labels.csv", LABELS)
    made(project)
    assert_as_undisturbed(project, undisturbed)
