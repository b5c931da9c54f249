import logging

import polars as pl
import pytest
from imeval.base.progress import Progress, duration, each, images_counted


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "imeval.base.progress")
    return caplog


def test_a_job_of_less_than_ten_seconds_logs_nothing(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("images", 100, clock=clock)
    for _ in range(100):
        clock.now += 0.099
        progress.add()
    assert log.messages == []


def test_a_line_every_ten_seconds_has_number_rate_and_time_left(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("answers", 1000, clock=clock)
    for _ in range(50):
        clock.now += 0.5
        progress.add(2)
    assert log.messages == ["40 of 1,000 answers, 4/s, 4 min left", "80 of 1,000 answers, 4/s, 3 min 50 s left"]


def test_a_line_has_the_note(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("answers", 1000, lambda: "0.42 dollars so far", clock)
    progress.add(2)
    clock.now = 10
    progress.add(34)
    assert log.messages == ["36 of 1,000 answers, 3.4/s, 0.42 dollars so far, 4 min 44 s left"]


def test_what_an_earlier_run_did_is_in_no_rate(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("answers", 1000, clock=clock)
    progress.add(900, found=True)
    clock.now = 5
    progress.add(1)
    clock.now = 15
    progress.add(20)
    assert log.messages == ["921 of 1,000 answers, 2/s, 40 s left"]


def test_what_comes_before_the_first_answer_is_in_no_rate(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("answers", 20, clock=clock)
    clock.now = 300  # a class list that all requests share was read
    progress.add()
    for _ in range(2):
        clock.now += 10
        progress.add()
    assert log.messages == [
        "1 of 20 answers",
        "2 of 20 answers, 0.1/s, 3 min left",
        "3 of 20 answers, 0.1/s, 2 min 50 s left",
    ]


def test_a_rate_is_that_of_the_last_minute(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("images", 10_000, clock=clock)
    clock.now = 600  # a model was loaded
    progress.add(1)
    for _ in range(7):
        clock.now += 10
        progress.add(1000)
    assert log.messages[-1] == "7,001 of 10,000 images, 100/s, 30 s left"


def test_without_a_rate_nothing_is_foretold(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("requests in batches", 50, clock=clock)
    for second in (10, 20):
        clock.now = second
        progress.reach(0)
    clock.now = 30
    progress.reach(50)
    assert log.messages == ["0 of 50 requests in batches"] * 2 + ["50 of 50 requests in batches"]


def test_no_more_are_done_than_there_are(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("requests in batches", 50, clock=clock)
    clock.now = 10
    progress.reach(70)
    assert log.messages == ["50 of 50 requests in batches"]


def test_an_unknown_total_is_left_out(clock: Clock, log: pytest.LogCaptureFixture) -> None:
    progress = Progress("answers", None, clock=clock)
    progress.add(1)
    clock.now = 10
    progress.add(5)
    assert log.messages == ["6 answers, 0.5/s"]


def test_counting_changes_no_item_and_no_row() -> None:
    frame = pl.DataFrame({"image_id": list("abcde")})
    assert list(each(["x", "y"], "shards")) == ["x", "y"]
    assert [part["image_id"].to_list() for part in images_counted([frame], 5, at_once=2)] == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
    ]
    assert [part["image_id"].to_list() for part in images_counted([frame, frame[:0]], 5)] == [list("abcde")]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.6, "1 min"), (185, "3 min 5 s"), (3600, "1 h"), (7830, "2 h 10 min"), (273600, "3 d 4 h")],
)
def test_durations_have_their_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
