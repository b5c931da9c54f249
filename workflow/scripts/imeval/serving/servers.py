"""A model's server with OpenAI's protocol, started, watched and stopped here.

It runs under `supervisor`, which ends it even if this process is killed.
"""

import http.client
import json
import logging
import os
import secrets
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
from imeval.serving.server_file import Held, Program

SET_BY_THE_WORKFLOW = frozenset({"host", "port", "model", "revision", "served_model_name", "api_key"})
"""Arguments that the workflow sets, and that a user must not give."""

RUNS_CODE = frozenset(
    {
        *("trust_remote_code", "config", "middleware", "tool_parser_plugin", "reasoning_parser_plugin"),
        *("worker_cls", "worker_extension_cls", "logits_processors", "io_processor_plugin", "scheduler_cls"),
        "allowed_local_media_path",
    }
)
"""Arguments that load code or any file of the machine, or that could name such arguments in another file."""

# Other machines must not reach the server.
_HOST = "127.0.0.1"
_SECONDS_BETWEEN_LOOKS = 0.5
_LAST_LINES = 20


@dataclass(frozen=True)
class Settings:
    """The settings of one model's server."""

    model: str
    """The model's name in the configuration."""

    program: Program | Held
    """The program that serves the model."""

    weights: str
    """A local file or folder, or a repository of the model hub."""

    revision: str | None = None
    """The repository's revision; None for a local file or folder."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Options of the program that can change answers."""

    hardware: Mapping[str, Any] = field(default_factory=dict)
    """
    Options that decide only where and how fast the model runs, such as `tensor_parallel_size: 8`. After a change of
    these, stored answers stay valid.
    """

    unprotected: bool = False
    """
    Whether `transformers serve` may serve. It asks for no key: every user of the machine can then have it answer, and
    have it load any folder.
    """

    start_timeout: Annotated[float, Gt(0)] = 1800.0
    """Seconds within which the server must load its weights and be healthy."""

    stop_timeout: Annotated[float, Ge(0)] = 15.0
    """Seconds between SIGTERM and SIGKILL, in which the server can end by itself."""


def path_of(model: str, program: Program | Held) -> str:
    """Find a serving program beside this Python first, then on the PATH.

    That of a worker is this Python.

    Raises:
        UserError: it is not installed.
    """
    if program == "worker":
        return sys.executable
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    if path := shutil.which(program, path=os.pathsep.join(folders)):
        return path
    remedy = "install it in a separate environment and put a link to it on the PATH"
    raise mistake(f"models.{model}", "program", f"an installed {program}", "none", remedy)


def require_protected(model: str, program: Program | Held, unprotected: bool) -> None:
    """Check that other users of this machine cannot use the server.

    Raises:
        UserError: the program asks for no key, and `unprotected` does not allow it.
    """
    if program == "transformers" and not unprotected:
        found = f"{program} serve, which answers every user of the machine"
        remedy = f"use vllm, or set models.{model}.unprotected: true where you trust all users of the machine"
        raise mistake(f"models.{model}", "program", "a server that asks for a key", found, remedy)


def command(settings: Settings, port: int) -> list[str]:
    """Return the command line of a server for this machine only."""
    if settings.program == "worker":
        return ["python", "-m", "imeval.models.worker", str(port)]
    options = {**settings.arguments, **settings.hardware, "host": _HOST, "port": port}
    if settings.program == "vllm" and settings.revision:
        options["revision"] = settings.revision
    words = [settings.program, "serve", server_file.model_name(settings.program, settings.weights, settings.revision)]
    return words + [word for name, value in options.items() for word in _option(name, value)]


def serve(settings: Settings, snakemake: int, file: str, output: str) -> None:
    """Serve a model until the run ends.

    The server starts once its GPUs are free; its address is then written to its state.

    Args:
        settings: what serves.
        snakemake: process id of Snakemake, the parent of this process; the run is over when it ends.
        file: path of the server's state (see `server_file`).
        output: path of the log for the server's output.

    Raises:
        UserError: the program is not installed, the server ended by itself, or it was not healthy in time. The error is
            also in the server's state, for the jobs that wait.
    """
    run = _Run(snakemake)
    try:
        _serve(settings, run, file, output)
    except UserError as error:
        server_file.write_state(file, error=str(error))
        raise


class _Run:
    """The run that a server is for.

    It is over when its Snakemake has ended, or has sent this process a signal to end.
    """

    def __init__(self, snakemake: int) -> None:
        self._snakemake = snakemake
        self._is_signalled = False
        for number in (signal.SIGTERM, signal.SIGINT):
            # This process also ignores the signals that Snakemake ignores: a shell lets its background jobs ignore
            # SIGINT.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note_signal)

    def is_over_after(self, seconds: float) -> bool:
        time.sleep(seconds)
        # After the end of Snakemake another process is the parent of this one.
        return self._is_signalled or os.getppid() != self._snakemake

    def _note_signal(self, *_: object) -> None:
        self._is_signalled = True


def _serve(settings: Settings, run: _Run, file: str, output: str) -> None:
    program = path_of(settings.model, settings.program)
    require_protected(settings.model, settings.program, settings.unprotected)
    key = secrets.token_urlsafe(32)
    with ExitStack() as stack:
        # A worker takes a free GPU itself, as a job does.
        gpus = [] if settings.program == "worker" else stack.enter_context(_gpus(run))
        if gpus is None:
            return
        port, start = _free_port(), time.monotonic()
        _, *words = command(settings, port)
        logging.info("Starting %s; it writes to %s", " ".join([settings.program, *words]), output)
        # Other users can read a command line, but not the environment of a process.
        secret = {server_file.KEY_VARIABLE: key}
        own = {"PYTHONPATH": str(Path(__file__).parents[2])} if settings.program == "worker" else {}
        supervised = _supervised([program, *words], secret | own, settings.stop_timeout, output, gpus)
        process = stack.enter_context(supervised)
        if _is_healthy(settings, process, port, run, output):
            seconds, address = time.monotonic() - start, f"http://{_HOST}:{port}/v1"
            logging.info("Healthy after %.0f s at %s", seconds, address)
            where = "has a worker" if settings.program == "worker" else f"is served at {address}"
            print(f"imeval: {settings.model} {where} after {seconds:.0f} s", file=sys.stderr, flush=True)
            server_file.write_state(file, base_url=address, key=key)
            while not run.is_over_after(_SECONDS_BETWEEN_LOOKS):
                _require_running(settings, process, output)
        logging.info("The run no longer needs the server")


@contextmanager
def _gpus(run: _Run) -> Iterator[list[int] | None]:
    """Wait for the GPUs of CUDA_VISIBLE_DEVICES and lock them.

    Give the locks, or None if the run is over before. Without CUDA_VISIBLE_DEVICES a server may use every GPU: it locks
    all of them exclusively by "gpus", of which a server with named GPUs takes a shared lock.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    wanted = [("gpus", named is not None)]
    # All servers lock in the same order: otherwise two could wait for each other.
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
    """Wait for a lock; return None if the run ends before."""
    lock = locks.taken(name, shared=shared)
    if lock is None:
        logging.info("Waiting for another server to leave the GPUs")
    while lock is None and not run.is_over_after(_SECONDS_BETWEEN_LOOKS):
        lock = locks.taken(name, shared=shared)
    return lock


@contextmanager
def _supervised(
    words: Sequence[str], environment: Mapping[str, str], stop_timeout: float, output: str, gpus: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command under the supervisor until the block is left.

    The supervisor inherits the locks of the GPUs. So they stay locked until the last process of the server has ended,
    even if this process is killed.
    """
    supervisor.adopt_orphans()
    supervising = [sys.executable, supervisor.__file__, str(stop_timeout), *words]
    with open(output, "wb") as log:
        # In a new session: Ctrl-C in the terminal reaches this process only, which then ends the server in order.
        running = subprocess.Popen(
            supervising,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=gpus,
            env=os.environ | environment,
        )
    assert running.stdin is not None
    # While this process lives it holds the other end of the supervisor's standard input.
    try:
        yield running
    finally:
        running.stdin.close()
        running.wait()
        # Nothing is left, unless the supervisor was killed itself.
        supervisor.end_descendants(stop_timeout)


def _is_healthy(settings: Settings, process: subprocess.Popen[bytes], port: int, run: _Run, output: str) -> bool:
    """Wait for a healthy server; return False if the run ends before."""
    until = time.monotonic() + settings.start_timeout
    while not run.is_over_after(_SECONDS_BETWEEN_LOOKS):
        _require_running(settings, process, output)
        # The port was free when it was chosen, but another user's server may have taken it since. An answer alone could
        # come from that server.
        if _listens(process.pid, port) and (settings.program == "worker" or _answers(port)):
            return True
        if time.monotonic() > until:
            found = f"none after {settings.start_timeout:g} s"
            remedy = f", or raise models.{settings.model}.start_timeout"
            raise _failed(settings, "a healthy server", found, output, remedy)
    return False


def _require_running(settings: Settings, process: subprocess.Popen[bytes], output: str) -> None:
    """Raise if the server has ended by itself."""
    code = process.poll()
    if code is not None:
        raise _failed(settings, "a server that runs until every shard is answered", f"exit code {code}", output)


def _failed(settings: Settings, expected: str, found: str, output: str, remedy: str = "") -> UserError:
    """Log the last lines of a failed server, and return its error."""
    # The output may hold broken characters.
    with open(output, errors="replace") as file:
        logging.error("The last lines of %s:\n%s", output, "".join(deque(file, _LAST_LINES)))
    where = f"models.{settings.model}"
    program = "worker" if settings.program == "worker" else f"{settings.program} serve"
    return mistake(where, program, expected, found, f"see {output}{remedy}")


def _listens(pid: int, port: int) -> bool:
    """Return whether a descendant of the process listens on the port."""
    try:
        descendants = psutil.Process(pid).children(recursive=True)
        found = [connection for process in descendants for connection in process.net_connections("tcp")]
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)


def _answers(port: int) -> bool:
    """Return whether a port's server is healthy."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as listening:
        # With port 0 the system chooses a free one.
        listening.bind((_HOST, 0))
        return int(listening.getsockname()[1])


def _option(name: str, value: Any) -> list[str]:
    """Return the words of a command-line option.

    `max_model_len: 9` is `--max-model-len 9`; False is `--no-<option>`.
    """
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
