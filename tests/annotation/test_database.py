import sqlite3
from pathlib import Path

import pytest
from imeval.annotation.database import Action, opened, read_actions, standing, state
from imeval.base.errors import UserError


def decide(image: str, person: str, label: int) -> Action:
    return Action("decide", person, image, "2026-11-28T10:00:00+00:00", {"answer": "classes", "labels": [label]})


def refusal(path: Path, image_set: str = "demo", labels: str = "regt") -> str:
    with pytest.raises(UserError) as caught, opened(path, image_set, labels):
        pass
    return str(caught.value)


def test_every_action_is_in_the_file_at_once_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "demo/regt.sqlite"
    with opened(path, "demo", "regt") as database:
        assert state(path) == 0
        database.write(decide("a", "anna", 1))
        assert state(path) == 1
        assert read_actions(path) == database.actions() == [decide("a", "anna", 1)]
    with opened(path, "demo", "regt") as database:
        database.write(Action("skip", "anna", "b", "2026-11-28T10:00:01+00:00"))
    assert [one.kind for one in read_actions(path)] == ["decide", "skip"]


def test_the_last_decision_of_a_person_stands_unless_it_is_undone() -> None:
    undo = Action("undo", "anna", "b", "2026-11-28T10:00:02+00:00")
    actions = [decide("a", "anna", 1), decide("a", "ben", 2), decide("b", "anna", 3), undo, decide("a", "anna", 4)]
    found = standing([*actions, Action("skip", "ben", "a", "t")])
    assert sorted((one["image_id"], one["annotator"], one["labels"]) for one in found) == [
        ("a", "anna", [4]),
        ("a", "ben", [2]),
    ]


def test_two_servers_on_one_database_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "regt.sqlite"
    with opened(path, "demo", "regt"):
        assert refusal(path) == (
            f"{path}: server: expected one at a time, found another one that is running; use the page of that server, "
            "or end it"
        )


@pytest.mark.parametrize("version", [0, 2])
def test_a_database_of_another_version_is_refused_and_stays(tmp_path: Path, version: int) -> None:
    path = tmp_path / "regt.sqlite"
    with opened(path, "demo", "regt") as database:
        database.write(decide("a", "anna", 1))
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    expected = (
        f"{path}: version: expected 1, found {version}; open it with the version of imeval that made it, and "
        "export its decisions as CSV"
    )
    assert refusal(path) == expected
    with pytest.raises(UserError, match="version: expected 1"):
        read_actions(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM actions").fetchone() == (1,)


def test_a_database_of_other_labels_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "d.sqlite", "demo", "regt"):
        pass
    found = refusal(tmp_path / "d.sqlite", "demo", "real")
    assert "labels: expected real of demo, found regt of demo; give each label set a database of its own" in found


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    # Not even root can make a folder there.
    found = refusal(Path("/proc/annotations/demo/regt.sqlite"))
    assert found.startswith("/proc/annotations/demo/regt.sqlite: folder: expected one that can be written, found (")
    assert found.endswith("; make the folder writable, or set annotation.folder to another one")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.sqlite").write_text("image_id,annotator,labels\n" * 9)
    assert "file: expected a database of decisions, found (file is not a database)" in refusal(tmp_path / "d.sqlite")
