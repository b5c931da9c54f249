import json
import sys
from pathlib import Path

import pytest
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
    kinds = ["classifier (tiny) on cpu", "VLM (tiny) on cpu", "MLLM (tiny) on cpu"]
    assert [one["work"] for one in found[::2]] == kinds
    assert all(one["ours"] > 0 for one in found[::2])
    assert all(0 <= one["ours"] < 1 for one in found[1::2])
