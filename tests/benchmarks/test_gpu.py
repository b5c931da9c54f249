import json
import sys
import threading
from pathlib import Path

import pytest
import torch
from projects import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))


@pytest.mark.slow
def test_the_measurement_of_a_gpu_runs_on_a_cpu_with_tiny_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gpu

    monkeypatch.setenv("BENCHMARK_RESULTS", str(tmp_path / "found.jsonl"))
    gpu.main(["--size", "tiny", "--images", "4", "--device", "cpu", "--threads", "1"])
    found = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text().splitlines()]
    kinds = ["classifier test_efficientnet in fp32", "classifier test_efficientnet in bf16"]
    kinds += ["VLM ViT-S-32 in fp32", "VLM ViT-S-32 in bf16", "MLLM of two layers in bf16"]
    assert [one["work"] for one in found[::2]] == [f"{kind} on the CPU" for kind in kinds]
    assert all(one["ours"] > 0 for one in found[::2])
    assert all(0 <= one["ours"] < 1 for one in found[1::2])


def test_passes_of_other_threads_and_those_that_fail_leave_the_count_whole() -> None:
    import gpu

    class Failing(torch.nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError

    busy, model = gpu.Busy("cpu"), torch.nn.Sequential(torch.nn.ReLU(), torch.nn.ReLU())
    pixels = torch.zeros(2)
    with busy.noting():
        with pytest.raises(torch.OutOfMemoryError):
            torch.nn.Sequential(Failing())(pixels)
        thread = threading.Thread(target=model, args=(pixels,))
        thread.start()
        thread.join()
        model(pixels)
    model(pixels)
    # One that failed and one that did not; those within them are no passes of their own.
    assert len(busy.passes) == 2
    assert all(len(one) == 2 for one in busy.passes)


def test_a_model_that_fails_is_named_at_the_end_and_the_others_are_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import gpu

    def failing(setting: gpu.Setting) -> gpu.Run:
        raise torch.OutOfMemoryError("no memory")

    kinds = {"classifier": (failing, ("fp32",)), "VLM": (lambda setting: len, ("fp32",))}
    monkeypatch.setattr(gpu, "KINDS", kinds)
    with pytest.raises(SystemExit, match="not measured: classifier test_efficientnet in fp32 on the CPU"):
        gpu.main(["--size", "tiny", "--images", "2", "--device", "cpu"])
    assert "VLM ViT-S-32 in fp32 on the CPU" in capsys.readouterr().out
