import pytest
import torch
from imeval.base.errors import UserError
from imeval.models import compute


def test_a_gpu_that_is_not_there_is_a_mistake_unless_any_device_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert compute.use("auto", 2) == compute.use("cpu", 2) == torch.device("cpu")
    with pytest.raises(UserError, match=r"compute\.device: expected a GPU that PyTorch can use, found none; send"):
        compute.use("cuda", 2)


def test_processes_on_all_cores_of_the_job_prepare_pictures_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(compute.sys, "platform", "linux")
    assert compute.loaders(torch.device("cuda", 0), 2) == (8, True)
    assert compute.loaders(torch.device("cpu"), 2) == (2, False)
