import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from imeval.run import job_worker


def started() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-P", job_worker.__file__, str(theirs.fileno())]
        return ours, subprocess.Popen(command, pass_fds=[theirs.fileno()])


def test_a_job_is_answered_twice_and_a_closed_socket_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "tmp1.score.py").write_text(f"open({str(tmp_path / 'made')!r}, 'w').write(__name__)")
    ours, process = started()
    with ours, ours.makefile("rb") as answers:
        ours.sendall(f"{tmp_path / 'tmp1.score.py'}\n".encode())
        assert [answers.readline() for _ in range(2)] == [b"begun\n", b"done\n"]
    assert process.wait(10) == 0
    assert (tmp_path / "made").read_text() == "__main__"


def test_a_process_that_waits_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_worker, "IDLE_SECONDS", 0.01)
    environment = dict(os.environ)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        job_worker.work(theirs)
    assert os.environ == environment
