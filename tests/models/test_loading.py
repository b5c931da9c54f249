import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import psutil
import pytest
import torch
from imeval.models import loading
from imeval.models.compute import Loaders
from models.conftest import photographs
from PIL import Image

PROCESSES = Loaders(2, are_processes=True)

BROKEN = pl.DataFrame({"image_id": ["x"], "data": [b"no image"]})


def with_process(image: Image.Image) -> torch.Tensor:
    """Return the first pixel, and the process that read it."""
    return torch.tensor([*image.getpixel((0, 0)), os.getpid()], dtype=torch.int64)  # type: ignore[misc]


def many() -> list[pl.DataFrame]:
    """Return 141 images, of which x is broken."""
    frame = pl.concat([photographs(*"abcdefghijklmnopqrst")] * 7)
    return [frame[:70], BROKEN, frame[70:]]


def test_processes_prepare_many_images_as_threads_do(caplog: pytest.LogCaptureFixture) -> None:
    alone, by_two = (list(loading.batches(many(), with_process, 9, loaders)) for loaders in (Loaders(2), PROCESSES))
    pixels = [torch.cat([batch.pixels for batch in batches]) for batches in (alone, by_two)]
    assert [batch.image_ids for batch in by_two] == [batch.image_ids for batch in alone]
    assert [batch.failed for batch in by_two] == [batch.failed for batch in alone] == [()] * 7 + [(7,)] + [()] * 8
    assert torch.equal(pixels[0][:, :3], pixels[1][:, :3])
    assert set(pixels[0][:, 3].tolist()) == {os.getpid()}
    # The image that failed has a plain one in its place, of this process.
    assert len(set(pixels[1][:, 3].tolist()) - {os.getpid()}) == 2
    assert [line[:40] for line in caplog.messages] == ["x has no output: x: image: expected an i"] * 2


@pytest.mark.parametrize("room", [0, 10**12])
def test_few_images_or_little_shared_memory_need_no_process(
    room: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loading.shutil, "disk_usage", lambda _: SimpleNamespace(free=room))
    frames = many() if room == 0 else [photographs("a", "b", "c")]
    found = torch.cat([batch.pixels for batch in loading.batches(frames, with_process, 2, PROCESSES)])
    assert set(found[:, 3].tolist()) == {os.getpid()}
    assert any("they are prepared in threads" in line for line in caplog.messages) == (room == 0)


def test_an_error_in_reading_the_images_reaches_the_job() -> None:
    def damaged() -> object:
        yield from many()
        raise OSError("disk")

    # Among them may be those whose forks run Snakemake.
    before = psutil.Process().children()
    with pytest.raises(OSError, match="disk"):
        list(loading.batches(damaged(), with_process, 9, PROCESSES))  # type: ignore[arg-type]
    assert psutil.Process().children() == before


@pytest.mark.slow
def test_the_processes_end_with_a_job_that_is_killed() -> None:
    program = (
        "import time\n"
        "from imeval.models import loading\n"
        "from models.test_loading import PROCESSES, many, with_process\n"
        "batches = loading.batches(many(), with_process, 9, PROCESSES); next(batches); print('begun', flush=True)\n"
        "time.sleep(60)"
    )
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{tests}:{tests.parent / 'workflow/scripts'}"}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) as job:
        assert job.stdout
        assert job.stdout.readline() == b"begun\n"
        loaders = psutil.Process(job.pid).children()
        assert len(loaders) == 2
        job.send_signal(signal.SIGKILL)
        job.wait()
        _, alive = psutil.wait_procs(loaders, timeout=30)
        assert not alive
