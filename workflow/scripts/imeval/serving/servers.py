"""A server of OpenAI's protocol for one model: its command line, and how it is started, kept for a run and stopped."""

import http.client
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psutil
from annotated_types import Ge, Gt

from imeval.base import locks
from imeval.base.errors import UserError, mistake
from imeval.serving import server_file, supervisor
from imeval.serving.server_file import Program

SET_BY_THE_WORKFLOW = frozenset({"host", "port", "model", "revision", "served_model_name", "api_key"})
"""Arguments that a server gets anyway."""

_HOST = "127.0.0.1"
_SECONDS_BETWEEN_LOOKS = 0.5
_LAST_LINES = 20


@dataclass(frozen=True)
class Settings:
    """What serves a model: `weights` a folder, or a repository of the model hub at `revision`.

    `arguments` decide what is answered, `hardware` only where and how fast; both are options of the program's. A
    server that is not healthy after `start_timeout` seconds has failed; one that is stopped has `stop_timeout` seconds.
    """

    model: str
    """Its name in the configuration."""

    program: Program
    """What serves it."""

    weights: str
    """A local file or folder, or a repository of the model hub."""

    revision: str | None = None
    """The repository's revision; None for a local file or folder."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Options of the program that decide what is answered."""

    hardware: Mapping[str, Any] = field(default_factory=dict)
    """
    Options that decide only where and how fast, such as `tensor_parallel_size: 8`; with other ones nothing is asked
    again.
    """

    start_timeout: Annotated[float, Gt(0)] = 1800.0
    """Seconds within which the server must have loaded its weights and be healthy."""

    stop_timeout: Annotated[float, Ge(0)] = 15.0
    """Seconds that the server has to end by itself before it is killed."""


def path_of(model: str, program: Program) -> str:
    """Return where the program that serves a model lies: beside this Python, or on the PATH.

    Raises:
        UserError: it is not installed.
    """
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    if path := shutil.which(program, path=os.pathsep.join(folders)):
        return path
    remedy = "install it, best in an environment of its own, with a link to it on the PATH"
    raise mistake(f"models.{model}", "program", f"{program}, installed", "none", remedy)


def command(settings: Settings, port: int) -> list[str]:
    """Return the command line of a server that only this machine reaches, the program as it is called."""
    options = {**settings.arguments, **settings.hardware, "host": _HOST, "port": port}
    if settings.program == "vllm" and settings.revision:
        options["revision"] = settings.revision
    words = [settings.program, "serve", server_file.model_name(settings.program, settings.weights, settings.revision)]
    return words + [word for name, value in options.items() for word in _option(name, value)]


def serve(settings: Settings, snakemake: int, file: str, output: str) -> None:
    """Start a server once no other has the GPU, tell its address in `file`, and stop it when the run is over.

    Args:
        settings: what serves.
        snakemake: the process, this one's parent, whose end is the run's.
        file: what is known of the server.
        output: where the server's own words go.

    Raises:
        UserError: the program is not installed, or the server ended by itself or was not healthy in time; all of which
            `file` says too.
    """
    run = _Run(snakemake)
    try:
        _serve(settings, run, file, output)
    except UserError as error:
        server_file.tell(file, error=str(error))
        raise


class _Run:
    """The run that a server is for: over when its Snakemake has ended, or tells this process to end."""

    def __init__(self, snakemake: int) -> None:
        self._snakemake = snakemake
        self._told = False
        for number in (signal.SIGTERM, signal.SIGINT):
            # What Snakemake was started to ignore is not meant for this process either.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._be_told)

    def over_after(self, seconds: float) -> bool:
        time.sleep(seconds)
        return self._told or os.getppid() != self._snakemake

    def _be_told(self, *_: object) -> None:
        self._told = True


def _serve(settings: Settings, run: _Run, file: str, output: str) -> None:
    program = path_of(settings.model, settings.program)
    with ExitStack() as stack:
        if (gpus := stack.enter_context(_gpus(run))) is None:
            return
        port, start = _free_port(), time.monotonic()
        _, *words = command(settings, port)
        logging.info("Starting %s; it writes to %s", " ".join([settings.program, *words]), output)
        kept = stack.enter_context(_kept([program, *words], settings.stop_timeout, output, gpus))
        if _healthy(settings, kept, port, run, output):
            seconds, address = time.monotonic() - start, f"http://{_HOST}:{port}/v1"
            logging.info("Healthy after %.0f s at %s", seconds, address)
            print(f"imeval: {settings.model} is served at {address} after {seconds:.0f} s", file=sys.stderr, flush=True)
            server_file.tell(file, base_url=address)
            while not run.over_after(_SECONDS_BETWEEN_LOOKS):
                _require_running(settings, kept, output)
        logging.info("The run needs the server no longer")


@contextmanager
def _gpus(run: _Run) -> Iterator[list[int] | None]:
    """Wait until no other server has one of the GPUs that CUDA_VISIBLE_DEVICES names; give None if the run is over."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    wanted = [("gpus", named is not None)]
    # In one order, so that no two wait for each other.
    wanted += [(f"gpu-{gpu}", False) for gpu in sorted(set(named.split(",")))] if named is not None else []
    held: list[int] = []
    try:
        for name, shared in wanted:
            if (lock := _lock(name, shared, run)) is not None:
                held.append(lock)
        yield held if len(held) == len(wanted) else None
    finally:
        for lock in held:
            os.close(lock)


def _lock(name: str, shared: bool, run: _Run) -> int | None:
    """Wait for a lock; return None if the run is over before."""
    lock = locks.taken(name, shared=shared)
    if lock is None:
        logging.info("Waiting for another server to leave the GPUs")
    while lock is None and not run.over_after(_SECONDS_BETWEEN_LOOKS):
        lock = locks.taken(name, shared=shared)
    return lock


@contextmanager
def _kept(
    words: Sequence[str], stop_timeout: float, output: str, gpus: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command under a keeper, which has the locks of the GPUs until all of it has ended."""
    supervisor.adopt_orphans()
    keeping = [sys.executable, supervisor.__file__, str(stop_timeout), *words]
    with open(output, "wb") as log:
        running = subprocess.Popen(
            keeping, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, pass_fds=gpus
        )
    assert running.stdin is not None
    try:
        yield running
    finally:
        running.stdin.close()
        running.wait()
        # What a keeper leaves that was killed itself.
        supervisor.end_descendants(stop_timeout)


def _healthy(settings: Settings, kept: subprocess.Popen[bytes], port: int, run: _Run, output: str) -> bool:
    """Wait for a server to be healthy; return whether it is before the run is over."""
    until = time.monotonic() + settings.start_timeout
    while not run.over_after(_SECONDS_BETWEEN_LOOKS):
        _require_running(settings, kept, output)
        # Another's server may have taken the port meanwhile.
        if _listens(kept.pid, port) and _answers(port):
            return True
        if time.monotonic() > until:
            found = f"none after {settings.start_timeout:g} s"
            raise _failed(settings, "a healthy one", found, output, f", or raise models.{settings.model}.start_timeout")
    return False


def _require_running(settings: Settings, kept: subprocess.Popen[bytes], output: str) -> None:
    code = kept.poll()
    if code is not None:
        raise _failed(settings, "one that runs until every shard is answered", f"exit code {code}", output)


def _failed(settings: Settings, expected: str, found: str, output: str, remedy: str = "") -> UserError:
    with open(output, errors="replace") as file:
        logging.error("The last lines of %s:\n%s", output, "".join(deque(file, _LAST_LINES)))
    where = f"models.{settings.model}"
    return mistake(where, f"{settings.program} serve", expected, found, f"see {output}{remedy}")


def _listens(pid: int, port: int) -> bool:
    """Tell whether one of the descendants of a process listens on a port."""
    try:
        descendants = psutil.Process(pid).children(recursive=True)
        found = [connection for process in descendants for connection in process.net_connections("tcp")]
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((_HOST, 0))
        return int(listening.getsockname()[1])


def _option(name: str, value: Any) -> list[str]:
    words = name.replace("_", "-")
    match value:
        case True:
            return [f"--{words}"]
        case False:
            return [f"--no-{words}"]
        case Mapping():
            return [f"--{words}", json.dumps(value)]
        case list():
            return [f"--{words}", *map(str, value)]
        case _:
            return [f"--{words}", str(value)]
