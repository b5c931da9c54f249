"""A real SLURM on this machine alone: two nodes, on loopback, started and stopped by a test.

Nothing of the system's is used: configuration, state, munge key and socket lie in one folder, on free ports.
"""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")
CONFIGURATION = """
ClusterName=one_machine
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=bf_interval=1,batch_sched_delay=0
KillWait=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
GresTypes=gpu
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=64000
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=64000 Gres=gpu:2
PartitionName=cpu Nodes=node1 Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=node2 MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Return the programs of SLURM and munge that are not installed."""
    return [name for name in PROGRAMS if found(name) is None]


def found(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@dataclass(frozen=True)
class Cluster:
    """A SLURM that runs; `environment` lets its commands find it."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> str:
        result = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=True)
        return result.stdout

    def jobs(self, states: str = "RUNNING,PENDING", form: str = "%A %T") -> list[str]:
        """The jobs in these states, a line each."""
        return self.run("squeue", "--noheader", f"--states={states}", f"--format={form}").splitlines()

    def node(self, state: str) -> None:
        """Drain, stop or resume the node of the partition cpu."""
        self.run("scontrol", "update", "nodename=node1", f"state={state}", "reason=test")


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a SLURM in an empty folder; whatever happens, no process of it is left at the end."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}
    daemons: list[subprocess.Popen[bytes]] = []
    _configure(folder)
    try:
        daemons.append(_daemon(folder, environment, "munged", "--foreground", "--force", *_munge_files(folder)))
        _wait(lambda: (folder / "munge.socket").exists(), daemons, folder)
        daemons.append(_daemon(folder, environment, "slurmctld", "-D", "-c"))
        daemons += [_daemon(folder, environment, "slurmd", "-D", "-N", name) for name in ("node1", "node2")]
        running = Cluster(folder, environment)
        _wait(lambda: _idle_nodes(environment) == 2, daemons, folder)
        yield running
    finally:
        for daemon in reversed(daemons):
            daemon.kill()
            daemon.wait()
        while left := of_cluster(folder):
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
                    process.wait(5)


def of_cluster(folder: Path) -> list[psutil.Process]:
    """Return the processes that know this cluster: its daemons, and jobs and Snakemakes that use it."""
    return [process for process in psutil.process_iter() if _environment(process) == str(folder / "slurm.conf")]


def _environment(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("SLURM_CONF") if process.pid != os.getpid() else None
    except psutil.Error:
        return None


def _configure(folder: Path) -> None:
    for name in ("bin", "state", "spool.node1", "spool.node2"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(secrets.token_bytes(128))
    # The executor takes SLURM_CONF from its job steps: on a cluster the configuration is where srun looks by itself.
    srun = folder / "bin/srun"
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {found("srun")} "$@"\n')
    srun.chmod(0o755)
    host, ports = socket.gethostname().partition(".")[0], _free_ports(3)
    settings = CONFIGURATION.format(host=host, user=getpass.getuser(), ports=ports, folder=folder)
    (folder / "slurm.conf").write_text(settings)
    # Any devices will do: the scheduler hands them out, and nobody opens them.
    devices = [f"NodeName=node2 Name=gpu File={device}\n" for device in ("/dev/null", "/dev/zero")]
    (folder / "gres.conf").write_text("".join(devices))


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def _munge_files(folder: Path) -> list[str]:
    files = {"socket": "socket", "key-file": "key", "log-file": "log", "pid-file": "pid", "seed-file": "seed"}
    return [f"--{option}={folder}/munge.{name}" for option, name in files.items()]


def _daemon(folder: Path, environment: dict[str, str], program: str, *arguments: str) -> subprocess.Popen[bytes]:
    with open(folder / f"{program}.{arguments[-1]}.out".replace("/", "_"), "wb") as output:
        command = [str(found(program)), *arguments]
        return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)


def _idle_nodes(environment: dict[str, str]) -> int:
    command = ["sinfo", "--noheader", "--Node", "--format=%T"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout.count("idle")


def _wait(ready: Callable[[], bool], daemons: list[subprocess.Popen[bytes]], folder: Path) -> None:
    until = time.monotonic() + 30
    while not ready():
        ended = [daemon.args for daemon in daemons if daemon.poll() is not None]
        if ended or time.monotonic() > until:
            said = "\n".join(path.read_text() for path in folder.glob("*.out"))
            raise RuntimeError(f"SLURM did not start; ended: {ended}\n{said}")
        time.sleep(0.1)
