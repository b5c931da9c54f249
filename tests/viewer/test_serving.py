import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.viewer.serving import HOST, bound
from projects import ROOT

PROGRAM = """
import sys
sys.path[:0] = [{scripts!r}, {tests!r}]
from pathlib import Path
import small_run
from imeval.viewer.app import create_app
from imeval.viewer.serving import Served, bound
served = Served(create_app(small_run.write(Path({folder!r}))), bound(0))
print(served.address, flush=True)
served.until_stopped()
print("ended", flush=True)
"""


def test_a_port_in_use_is_refused_with_the_next() -> None:
    with bound(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError) as caught:
            bound(port)
    sentence = f"browse: port: expected a free port, found {port} (Address already in use); "
    assert str(caught.value) == f"{sentence}choose another: snakemake browse --config port={port + 1}"


def test_only_loopback_is_listened_to() -> None:
    with bound(0) as listening:
        assert listening.getsockname()[0] == HOST == "127.0.0.1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server(tmp_path: Path, number: signal.Signals) -> None:
    text = PROGRAM.format(scripts=str(ROOT / "workflow/scripts"), tests=str(ROOT / "tests"), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with urllib.request.urlopen(f"{address}images") as page:
            assert b"four photographs" in page.read()
        server.send_signal(number)
        assert server.communicate(timeout=20)[0] == "ended\n"
