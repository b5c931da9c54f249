import io
import logging
from itertools import repeat

from imeval.run.dry_run import DryRun, Loads, Stage, text

LOOKS = Stage("extract_images", 1, 0, images=20, why=("not there",))
ASKS = Stage("answer", 1200, 3, 40_000, 0.004, 1.5, ("gpt_4o", "socratic"), ("not there", "code changed"))
SCORES = Stage("score", 0, 7, models=("a", "b", "c", "d"))


def test_a_plan_has_a_line_a_stage_and_a_total() -> None:
    assert text([LOOKS, ASKS, SCORES]).splitlines() == [
        "imeval: would run 1,201 jobs; this is a dry run, nothing is made or asked",
        "  stage            jobs  there  images  GPU hours  dollars  models            why",
        "  extract_images      1      0      20                                        not there",
        "  answer          1,200      3  40,000       <0.1     1.50  gpt_4o, socratic  not there, code changed",
        "  score               0      7                              4 models",
        "  total           1,201     10               <0.1     1.50",
        "imeval: GPU hours are at most these, at half of a GPU's speed; dollars without batches; --verbose lists every "
        "job with its files and its reason",
    ]


def test_a_plan_has_a_line_for_the_weights_of_each_model() -> None:
    loads = [Loads("qwen3_vl", 470, 91, 1, 0.261), Loads("sbert", 1.4, 1200, 1200, 0.0008)]
    assert text([SCORES], loads).splitlines()[4:-1] == [
        "imeval: weights that are loaded, and the hours if each job loaded them",
        "  model      GB   jobs  times  hours  hours by each job",
        "  qwen3_vl  470     91      1   0.26              23.75",
        "  sbert       1  1,200  1,200   0.96               0.96",
        "  total          1,291  1,201   1.22              24.71",
    ]


def test_a_column_without_a_value_is_left_out() -> None:
    assert text([LOOKS]).splitlines()[1] == "  stage           jobs  there  images  why"


def test_a_dry_run_shows_its_plan_once_and_no_job_but_every_other_message() -> None:
    stream = io.StringIO()
    handler = DryRun(logging.StreamHandler(stream), lambda: "the plan")
    events = ["run_info", "job_info", "run_info", None, None, None]
    messages = ["Job stats: …", "rule a: …", "Job stats: …", "This was a dry-run (flag -n).", "Nothing to be done"]
    messages.insert(3, "Some jobs were triggered by provenance information, see 'reason' section in the rule displays")
    for event, message in zip(events, messages, strict=True):
        handler.handle(logging.makeLogRecord({"msg": message, "event": event}))
    assert stream.getvalue().splitlines() == ["the plan", "Nothing to be done"]


def test_what_quiet_leaves_out_is_left_out() -> None:
    stream = io.StringIO()
    quiet = logging.StreamHandler(stream)
    quiet.addFilter(lambda record: False)
    handler = DryRun(quiet, repeat("the plan").__next__)
    handler.handle(logging.makeLogRecord({"msg": "Job stats: …", "event": "run_info"}))
    assert stream.getvalue() == ""
