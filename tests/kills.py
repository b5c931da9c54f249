"""Kill runs at random moments, and see that nothing is lost or paid twice.

    python tests/kills.py [--minutes 60] [--seed 0]

Two models behind an API answer about small pictures, one directly, one in batches; a server on this machine answers. A
run is killed again and again, each time by the same command continued, until it ends; then the next one begins from
nothing. A kill is one of: all processes at once, as when the power fails; Snakemake alone, whose jobs go on beside the
next run; one job alone; SIGTERM or SIGINT to all.

Targets: no request is repeated whose answer was on the disk when a run ended, no request is in two batches, and each
run that ends has the bytes of an undisturbed one and no temporary file. What was under way at a kill may be repeated.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import photographs
import stand_ins
from models.openai_server import BatchPlan, Server, completion, image_of, serving
from projects import Project, compiled

IMAGES = 60
LATENCY = 0.4
KINDS = {"all": 4, "snakemake": 2, "job": 2, "SIGTERM": 1, "SIGINT": 1}
"""What is killed, and how often compared with the others."""

MOST_REFUSALS = 60
"""Runs in a row that end by themselves, as a job that outlived its run holds a lock, before this is a failure."""

CONFIGURATION = """
encoders:
  tiny: {{title: Tiny, backend: open_clip, weights: {{path: weights}}}}
models:
  direct: {{title: Asked directly, api_model: direct, concurrency: 4, {shared}}}
  batched: {{title: Asked in batches, api_model: batched, batch: true, batch_poll: 0.2, {shared}}}
compute: {{device: cpu, threads: 1}}
run: {{image_set: mine, labels: mine, models: [direct, batched], tables: [table4]}}
"""
SHARED = "group: mllm, backend: openai, tasks: [ow], base_url: '{url}', encoder: tiny, templates: none"

Answered = set[tuple[str, str]]
"""Models, each with a picture that it answered about."""


@dataclass
class Seen:
    """What was seen in all runs."""

    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    requests: int = 0
    repeated: int = 0
    repeated_answered: int = 0
    batched_twice: int = 0
    other_bytes: int = 0
    temporary: int = 0

    def failed(self) -> bool:
        """Return whether a target was missed."""
        return bool(self.repeated_answered or self.batched_twice or self.other_bytes or self.temporary)

    def line(self) -> str:
        """Return all counts in a sentence."""
        kills = ", ".join(f"{kind} {count}" for kind, count in sorted(self.kills.items()))
        return (
            f"{self.runs} runs, {self.kills.total()} kills ({kills}), {self.refusals} runs that met a job of the one "
            f"before; {self.requests} direct requests, {self.repeated} repeated that had been under way, "
            f"{self.repeated_answered} repeated that had an answer on the disk; {self.batched_twice} requests in two "
            f"batches; {self.other_bytes} runs with other bytes; {self.temporary} temporary files"
        )


def prepared(folder: Path, server: Server) -> Project:
    project = compiled(folder)
    photographs.add(project, IMAGES, step=4)
    stand_ins.clip(project.folder / "weights")
    shared = SHARED.format(url=server.url)
    project.write("mine.yaml", photographs.configuration("my pictures", shards=2) + CONFIGURATION.format(shared=shared))
    return project


def command() -> list[str]:
    return [sys.executable, "-m", "snakemake", "--configfile", "mine.yaml", "--cores", "2"]


def started(project: Project) -> subprocess.Popen[bytes]:
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "sk-test"}
    with open(project.folder / "output.txt", "ab") as output:
        return subprocess.Popen(
            command(),
            cwd=project.folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def living(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, belongs_to = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(belongs_to) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


def send(number: signal.Signals, processes: list[int]) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            continue


def kill(run: subprocess.Popen[bytes], kind: str, draw: random.Random) -> None:
    """Kill a run or a part of it; afterwards it has ended, but for jobs that go on without Snakemake."""
    jobs = [process for process in living(run.pid) if process != run.pid]
    if kind == "all":
        send(signal.SIGKILL, [run.pid, *jobs])
    elif kind == "snakemake":
        run.kill()
    elif kind == "job":
        send(signal.SIGKILL, draw.sample(jobs, 1) if jobs else [])
    else:
        os.killpg(run.pid, signal.Signals[kind])
    run.wait()


def answered(project: Project) -> Answered:
    """What the store holds, read from the texts of its whole lines."""
    found = set()
    for path in (project.folder / "results/store").glob("*/*.jsonl"):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"}\n"):
                found.add((path.parent.name, json.loads(line)["text"].rpartition(" ")[2]))
    return found


def content(project: Project) -> dict[str, object]:
    """The results, but for the order of answers and the names of batches."""
    results = project.results()
    return {
        name: sorted(map(_without_batch, data.splitlines())) if name.endswith(".jsonl") else data
        for name, data in results.items()
        if "/batches/" not in name
    }


def _without_batch(line: bytes) -> str:
    fields = json.loads(line)
    return json.dumps({name: value for name, value in fields.items() if name not in ("batch", "crc32")})


def temporary(project: Project) -> list[Path]:
    return [*(project.folder / "results").rglob(".*"), *(project.folder / ".snakemake/scripts").iterdir()]


def forget(server: Server) -> None:
    server.asked.clear()
    server.files.clear()
    server.batches.clear()
    server.plan_of.clear()


def repeated(server: Server, start: int, before: Answered) -> int:
    """Count the requests since the start whose answer was on the disk before."""
    return sum((body["model"], image_of(body)) in before for body in server.asked[start:])


def attempts(project: Project, server: Server, draw: random.Random, took: float, end: float) -> Iterator[str | None]:
    """Run until it ends by itself with success; yield the kind of each kill, None for a run that was refused."""
    sessions = []
    while True:
        run = started(project)
        sessions.append(run.pid)
        try:
            code = run.wait(draw.expovariate(6 / took) if time.monotonic() < end else None)
        except subprocess.TimeoutExpired:
            (kind,) = draw.choices(list(KINDS), list(KINDS.values()))
            kill(run, kind, draw)
            yield kind
            continue
        if code == 0:
            # A job that outlived its run may be at work still.
            while any(map(living, sessions)):
                time.sleep(0.2)
            return
        yield None


def one_run(
    project: Project, expected: dict[str, object], server: Server, seen: Seen, kills: Iterator[str | None]
) -> None:
    """Follow a run through all its kills, and compare what it made."""
    on_disk, start, refusals = Answered(), 0, 0
    for kind in kills:
        seen.repeated_answered += repeated(server, start, on_disk)
        start, on_disk = len(server.asked), answered(project)
        refusals = 0 if kind else refusals + 1
        seen.refusals += kind is None
        seen.kills.update([kind] if kind else [])
        if refusals == MOST_REFUSALS:
            raise SystemExit(f"no run goes on any more; see {project.folder}/output.txt")
        time.sleep(0.5 * (kind is None))
    seen.repeated_answered += repeated(server, start, on_disk)
    seen.runs += 1
    seen.requests += len(server.asked)
    seen.repeated += len(server.asked) - IMAGES
    seen.batched_twice += sum(count > 1 for count in server.submitted().values())
    made = content(project)
    if made != expected:
        seen.other_bytes += 1
        print("other bytes:", sorted(name for name in made | expected if made.get(name) != expected.get(name)))
    if left := temporary(project):
        seen.temporary += len(left)
        print("temporary files:", *left)


def soak(folder: Path, minutes: float, draw: random.Random) -> Seen:
    seen = Seen()
    with serving(LATENCY) as server:
        server.upload_latency = LATENCY
        server.answers = lambda body: completion(f"a thing like {image_of(body)}")
        fresh = prepared(folder / "fresh", server)
        undisturbed = fresh.copied(folder / "undisturbed")
        begin = time.monotonic()
        if started(undisturbed).wait():
            raise SystemExit((undisturbed.folder / "output.txt").read_text())
        took, expected = time.monotonic() - begin, content(undisturbed)
        print(f"an undisturbed run: {took:.0f} s, {len(expected)} files", flush=True)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end and not seen.failed():
            forget(server)
            server.plans.extend(BatchPlan(polls=draw.randrange(6)) for _ in range(4))
            project = fresh.copied(folder / f"run{seen.runs}")
            one_run(project, expected, server, seen, attempts(project, server, draw, took, end))
            print(seen.line(), flush=True)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    # A shell starts its background jobs with Ctrl-C switched off, and whatever they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    start = time.monotonic()
    seen = soak(folder, options.minutes, random.Random(options.seed))
    print(f"{(time.monotonic() - start) / 60:.0f} minutes: {seen.line()}")
    if seen.failed():
        raise SystemExit(f"failed; the last run lies in {folder}")


if __name__ == "__main__":
    main()
