import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from imeval.asking.exchange import Response
from imeval.asking.store import open_store
from imeval.run.summary import Asked, Run, asked_since, store_sizes, text
from imeval.run.terminal import Job

GPT_4O = {"input": 2.50, "cached_input": 1.25, "output": 10.00, "batch_discount": 0.5}


def job(*outputs: str, failed: bool = False, log: str = "none.log") -> Job:
    return Job("Doing", outputs, (log,), 1, 0.0, since=0.0, finished=not failed, failed=failed)


def summary(jobs: list[Job], planned: int, **changed: object) -> list[str]:
    given = {"seconds": 253.0, "reused": [], "asked": [], "behind_api": {"gpt_4o"}, "logs": [".snakemake/log/1.log"]}
    return text(Run(jobs, planned, **given | changed)).splitlines()


def test_the_summary_counts_results_made_and_reused_by_folder() -> None:
    jobs = [job("results/images/demo/listing.parquet"), job("results/tables/table3.tex", "results/tables/table3.csv")]
    assert summary(jobs, 2, reused=["results/downloads/foolbox", "results/cost.csv"]) == [
        "imeval: finished after 4 min 13 s",
        "  made     3 results: images 1, tables 2",
        "  reused   2 results: downloads 1, results/cost.csv 1",
        "  money    $0, no model behind an API was asked",
        "  logs     of each job under results/logs, of Snakemake .snakemake/log/1.log",
    ]


def test_the_summary_of_a_finished_run_ends_with_its_numbers_and_the_page_to_open() -> None:
    lines = summary([job("results/tables/table3.csv")], 1, numbers=["imeval: Table 3"], page="results/report.html")
    assert lines[-2:] == ["imeval: Table 3", "imeval: open results/report.html"]


def test_the_summary_counts_answers_by_status_and_the_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("results/responses/demo/cw/gpt_4o")
    folder.mkdir(parents=True)
    pl.DataFrame({"status": ["ok", "error", "ok"]}).write_parquet(folder / "0.parquet")
    pl.DataFrame({"status": ["refused", "ok"]}).write_parquet(folder / "1.parquet")
    asked = [Asked("gpt_4o", Counter(ok=1, error=1), 0.424), Asked("qwen", Counter(ok=1), None)]
    lines = summary([job(f"{folder}/0.parquet")], 1, reused=[f"{folder}/1.parquet"], asked=asked)
    assert lines[3:5] == [
        "  answers  about 5 images: 3 ok, 1 refused, 1 error; 3 asked for in this run: 2 ok, 1 error",
        "  money    $0.42 in this run",
    ]
    assert summary([], 0, reused=[f"{folder}/1.parquet"])[3].endswith("1 ok, 1 refused; none asked for in this run")


def test_the_summary_adds_up_money_by_model_and_names_models_without_prices() -> None:
    asked = [Asked("a", Counter(ok=1), 0.4), Asked("b", Counter(ok=1), 1.0), Asked("c", Counter(ok=1), None)]
    lines = summary([], 0, asked=asked, behind_api={"a", "b", "c"})
    assert lines[4] == "  money    $1.40 in this run, of it a $0.40, of it b $1.00, c without prices, so unknown"


def test_the_summary_of_a_failed_run_ends_with_each_reason_once_and_its_logs(tmp_path: Path) -> None:
    logs = [tmp_path / f"{name}.log" for name in "abc"]
    for log, sentence in zip(logs, ["environment: no key", "environment: no key", "labels.csv: mend it"], strict=True):
        log.touch()
        log.with_suffix(".failure.json").write_text(json.dumps({"sentence": sentence}))
    lines = summary([job(), *(job(failed=True, log=str(log)) for log in logs)], 9)
    assert lines[0] == "imeval: stopped, 1 of 9 jobs done, after 4 min 13 s"
    assert lines[-4:] == [
        "imeval: environment: no key",
        f"imeval: the logs of these jobs are {logs[0]}, {logs[1]}",
        "imeval: labels.csv: mend it",
        f"imeval: the log of this job is {logs[2]}",
    ]


def test_only_answers_stored_since_the_run_began_are_of_this_run(tmp_path: Path) -> None:
    def answer(model: str, key: str, status: str = "ok") -> None:
        with open_store(tmp_path / model, "cw-00000-of-00001") as store:
            text = "hen" if status == "ok" else None
            store.append(Response(key, status, text, "stop", input_tokens=1000, output_tokens=10))

    answer("gpt_4o", "a")
    sizes = store_sizes(tmp_path)
    assert asked_since(tmp_path, sizes, {"gpt_4o": GPT_4O}) == []
    answer("gpt_4o", "b")
    answer("gpt_4o", "c", "empty")
    answer("qwen", "d")
    gpt_4o, qwen = asked_since(tmp_path, sizes, {"gpt_4o": GPT_4O, "other": None})
    assert (gpt_4o.model, gpt_4o.statuses, gpt_4o.usd) == ("gpt_4o", Counter(ok=1, empty=1), pytest.approx(2 * 0.0026))
    assert qwen == Asked("qwen", Counter(ok=1), None)
