import io
import logging
import re
from pathlib import Path

import pytest
from imeval.run.terminal import Job, Terminal


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Run:
    """Sends events as Snakemake's logger does, and keeps the lines that a person sees."""

    def __init__(self, everything: bool = False) -> None:
        self.clock = Clock()
        self.stream = io.StringIO()
        replaced = logging.StreamHandler(self.stream)
        self.terminal = Terminal(replaced, everything=everything, clock=self.clock)
        self.send("Job stats:\n…", "run_info", stats={"classify": 2, "total": 12})

    def send(self, message: str | None, event: str | None = None, level: int = logging.INFO, **fields: object) -> None:
        record = logging.makeLogRecord(
            {"msg": message, "levelno": level, "levelname": "INFO", "event": event, **fields}
        )
        self.terminal.handle(record)

    def start(self, job_id: int, message: str | None, log: str = "a.log") -> None:
        self.send("", "job_info", jobid=job_id, rule_msg=message, rule_name="classify", output=["o"], log=[log])

    def fail(self, job_id: int, *logs: str) -> None:
        self.send("Error in rule classify", "job_error", logging.ERROR, jobid=job_id, log=list(logs))

    def lines(self) -> list[str]:
        return [re.sub(r"^\d\d:\d\d:\d\d", "hh:mm:ss", line) for line in self.stream.getvalue().splitlines()][2:]


def test_a_job_is_one_line_with_its_message_and_number() -> None:
    run = Run()
    run.send("Select jobs to execute...")
    run.send("Execute 1 jobs...", "job_started", jobs=[7])
    run.start(7, "Classifying mine with lite0")
    run.send("Finished jobid: 7", "job_finished", job_id=7)
    run.send(None, "progress", done=1, total=12)
    run.start(3, None)
    assert run.lines() == ["hh:mm:ss  1 of 12  Classifying mine with lite0", "hh:mm:ss  2 of 12  classify"]
    assert [job.finished for job in run.terminal.jobs.values()] == [True, False]


def test_a_long_job_has_a_line_at_its_end() -> None:
    run = Run()
    run.start(7, "Classifying mine")
    run.clock.now = 83
    run.send("Finished jobid: 7", "job_finished", job_id=7)
    assert run.lines()[-1] == "hh:mm:ss  1 of 12  Classifying mine: done in 1 min 23 s"


def test_what_is_about_no_job_appears_as_snakemake_words_it() -> None:
    run = Run()
    run.send("Nothing to be done (all requested files are present and up to date).")
    run.send("MissingOutputException: no such file", "error", logging.ERROR)
    assert run.lines() == [
        "Nothing to be done (all requested files are present and up to date).",
        "MissingOutputException: no such file",
    ]


def test_a_run_with_nothing_to_do_ends_with_the_lines_of_the_snakefile() -> None:
    run = Run()
    run.terminal.idle = lambda: ["imeval: open results/report.html"]
    run.send("Building DAG of jobs...")
    run.send("Nothing to be done (all requested files are present and up to date).")
    assert run.lines()[-1] == "imeval: open results/report.html"
    assert len(run.lines()) == 3


def test_a_failed_job_is_one_line_without_the_messages_of_snakemake() -> None:
    run = Run()
    run.start(7, "Classifying mine")
    run.start(8, "Classifying yours")
    run.send("RuleException:\nCalledProcessError in file …", "error", logging.ERROR)
    run.fail(7, "a.log")
    run.send("Exiting because a job execution failed. Look above for error messages", level=logging.ERROR)
    assert run.lines()[2:] == ["hh:mm:ss  1 of 12  Classifying mine: FAILED; 1 more still running"]


def test_a_job_that_is_tried_again_keeps_its_number() -> None:
    run = Run()
    run.start(7, "Classifying mine")
    run.fail(7, "a.log")
    run.start(7, "Classifying mine")
    run.send("Finished jobid: 7", "job_finished", job_id=7)
    (job,) = run.terminal.jobs.values()
    assert (job.number, job.finished, job.failed) == (1, True, False)


def test_verbose_runs_show_everything_and_quiet_ones_nothing() -> None:
    verbose, quiet = Run(everything=True), Run()
    quiet.terminal._replaced.addFilter(lambda record: False)
    for run in (verbose, quiet):
        run.send("Select jobs to execute...")
        run.start(7, "Classifying mine")
    assert "Select jobs to execute..." in verbose.lines()
    assert quiet.lines() == []
    assert len(verbose.terminal.jobs) == len(quiet.terminal.jobs) == 1


def test_the_reason_of_a_failed_job_lies_beside_its_log_or_is_unknown(tmp_path: Path) -> None:
    log, cluster = tmp_path / "a.log", tmp_path / "slurm.log"
    cluster.write_text("Killed\n")
    job = Job("Classifying mine", (), (str(log), str(cluster)), 1, started=0.0, since=0.0)
    assert job.failure() == "the job “Classifying mine” ended without a reason in its log; it may have been killed"
    assert job.log == str(cluster)
    log.touch()
    log.with_suffix(".failure.json").write_text('{"sentence": "labels.csv: mend it"}')
    assert (job.failure(), job.log) == ("labels.csv: mend it", str(log))


@pytest.mark.parametrize(
    "line", ["Complete log(s): x", "Elapsed time: 1", "WorkflowError:\nAt least one job did not complete successfully."]
)
def test_what_the_summary_has_is_not_shown_twice(line: str) -> None:
    run = Run()
    run.send(line)
    assert run.lines() == []
