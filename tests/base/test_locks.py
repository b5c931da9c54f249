import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from imeval.base import locks
from imeval.base.errors import UserError


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(locks.tempfile, "gettempdir", lambda: str(tmp_path))
    for name in ("SLURM_JOB_ID", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_lock_is_taken_once_until_it_is_given_back() -> None:
    first = locks.taken("gpu-0")
    assert first is not None
    assert locks.taken("gpu-0") is None
    assert locks.taken("gpu-1") is not None
    os.close(first)
    assert locks.taken("gpu-0") is not None


def test_shared_holders_keep_out_one_that_wants_it_alone() -> None:
    assert locks.taken("gpus", shared=True) is not None
    assert locks.taken("gpus", shared=True) is not None
    assert locks.taken("gpus") is None


def test_a_lock_is_held_by_whoever_inherits_it() -> None:
    held = locks.taken("gpu-0")
    assert held is not None
    heir = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=[held]
    )
    os.close(held)
    assert locks.taken("gpu-0") is None
    heir.communicate()
    assert locks.taken("gpu-0") is not None


def test_jobs_of_a_cluster_have_gpus_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert locks.taken("gpu-0") is not None
    monkeypatch.setenv("SLURM_JOB_ID", "2")
    assert locks.taken("gpu-0") is not None


def test_locks_lie_in_the_folder_that_the_system_makes_for_one_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(own))
    assert locks.taken("gpu-0") is not None
    assert not own.exists()
    own.mkdir()
    assert locks.taken("gpu-0") is not None
    assert (own / f"imeval-{os.getuid()}-local/gpu-0").is_file()


@pytest.mark.parametrize("trap", ["link", "mode", "owner", "file"])
def test_a_folder_of_locks_that_another_user_could_change_is_refused(tmp_path: Path, trap: str) -> None:
    folder = tmp_path / f"imeval-{os.getuid()}-local"
    match trap:
        case "link":
            (tmp_path / "elsewhere").mkdir()
            folder.symlink_to(tmp_path / "elsewhere")
        case "mode":
            folder.mkdir()
            folder.chmod(0o777)
        case "owner":
            folder.mkdir()
            try:
                os.chown(folder, 12345, -1)
            except PermissionError:
                pytest.skip("only root can give a folder to another user")
        case "file":
            folder.touch()
    with pytest.raises(UserError, match=f"{folder}: folder of locks: expected drwx------"):
        locks.taken("gpu-0")
    assert not [*tmp_path.glob("*/gpu-0")]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "no locks")

    with open(tmp_path / "lock", "w") as file:
        assert locks.hold(file)
        monkeypatch.setattr(locks.fcntl, "flock", refuse)
        assert not locks.hold(file)
        locks.wait_for(file)


def test_a_file_is_held_by_one_process_until_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import sys; from imeval.base.locks import hold; "
        "hold(file := open(sys.argv[1], 'w')); print(flush=True); input()"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        subprocess.Popen([sys.executable, "-c", program, path], env=environment, **pipes) as other,
        open(path, "w") as file,
    ):
        other.stdout.readline()
        with pytest.raises(BlockingIOError):
            locks.hold(file)
        other.kill()
        other.wait()
        locks.hold(file)
