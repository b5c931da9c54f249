import os

import pytest
from imeval.run import machine


@pytest.mark.parametrize(("cores", "jobs"), [(1, 2), (2, 2), (4, 2), (16, 8)])
def test_without_a_gpu_half_as_many_models_run_as_there_are_cores(
    cores: int, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_DRIVERS", ())
    monkeypatch.setattr(machine, "available_cpu_count", lambda: cores)
    assert machine.model_jobs() == jobs


def test_on_a_gpu_one_model_runs_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_DRIVERS", (os.devnull,))
    assert machine.model_jobs() == 1


def test_the_memory_is_that_of_the_machine() -> None:
    with open("/proc/meminfo") as file:
        kilobytes = int(file.readline().split()[1])
    assert machine.memory_mb() == kilobytes * 1024 // 10**6
