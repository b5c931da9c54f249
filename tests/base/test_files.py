import os
import time
from pathlib import Path

import pytest
from imeval.base.files import replacing, replacing_folder, reset_future_times


def test_what_a_killed_writer_left_is_removed_by_the_next_of_the_same_file_alone(tmp_path: Path) -> None:
    left, of_another = tmp_path / ".a.csv.1_bcdef8.partial", tmp_path / ".a.csv.gz.1_bcdef8.partial"
    left.write_text("half")
    of_another.write_text("half")
    with replacing(tmp_path / "a.csv") as partial:
        partial.write_text("whole")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "whole", of_another.name: "half"}


def test_a_folder_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    (tmp_path / ".weights.12345678.partial/weights").mkdir(parents=True)
    with replacing_folder(folder) as partial:
        partial.mkdir()
        (partial / "old").touch()
    with pytest.raises(OSError, match="disk"), replacing_folder(folder):
        raise OSError("disk")
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*")] == [Path("weights"), Path("weights/old")]


def test_modification_times_in_the_future_are_reset_to_now_in_their_order(tmp_path: Path) -> None:
    now = time.time_ns()
    hours = {"past": -1, "first": 1, "second": 1.5, "with_second": 1.5, "last": 2}
    for name, hour in hours.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(now, now + int(hour * 3600) * 10**9))
    reset_future_times(tmp_path)
    times = {name: (tmp_path / name).stat().st_mtime_ns for name in hours}
    assert times["past"] == now - 3600 * 10**9
    assert now - 10**9 < times["first"] < times["second"] == times["with_second"] < times["last"] <= time.time_ns()
