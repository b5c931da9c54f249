"""Open a store of a million answers.

    python benchmarks/store.py [--answers 10000 100000 1000000]

Three ways are measured, each in a process of its own: to read every line, as a job without an index would; to open the
store for the first time, which makes its index; and to open it again and find 1,000 answers.

Targets: opened again in under 1 s of processor, with under 100 MB above a process that opens an empty store.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from measuring import Point, Result, note

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.asking.exchange import Response
from imeval.asking.store import open_store
from imeval.asking.store_lines import parsed
from imeval.base.sealed import sealed

FILES = 32
LOOKED_UP = 1000


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def write(folder: Path, answers: int) -> None:
    """Write a store, a file for each shard."""
    for shard in range(FILES):
        with open(folder / f"cw-{shard:05d}-of-{FILES:05d}.jsonl", "wb") as file:
            for number in range(shard, answers, FILES):
                response = Response(key(number), "ok", text="black-footed ferret", input_tokens=4012, output_tokens=7)
                file.write(sealed(asdict(response)) + b"\n")


def read_all(folder: Path) -> int:
    return len({response.request_key for path in folder.glob("*.jsonl") for response in map(parsed, open(path, "rb"))})


def open_and_find(folder: Path, answers: int) -> int:
    with open_store(folder, "mine") as store:
        return sum(key(number) in store for number in range(0, answers, max(1, answers // LOOKED_UP)))


def measured(way: str, folder: Path, answers: int) -> tuple[float, float]:
    """Return processor seconds and MB, measured in a new process."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--answers", str(answers)]
    seconds, megabytes = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return seconds, megabytes


def measure(answers: int) -> None:
    """Note what each way takes with a store of so many answers."""
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, answers)
        _, bare = measured("open", Path(empty), 0)
        read, read_mb = measured("read", folder, answers)
        first, first_mb = measured("open", folder, answers)
        # An index is trusted unseen once its file has been at rest for two seconds.
        time.sleep(2.5)
        measured("open", folder, answers)
        again, again_mb = measured("open", folder, answers)
    print(f"{answers:,} answers in {FILES} files; MB above the {bare:.0f} MB of a process with an empty store")
    print(f"every line read       {read:6.2f} s {read_mb - bare:6.0f} MB")
    print(f"opened, index made    {first:6.2f} s {first_mb - bare:6.0f} MB")
    print(f"opened again          {again:6.2f} s {again_mb - bare:6.0f} MB  (target: under 1 s and 100 MB)")
    work = f"store of {answers:,} answers opened again"
    note(Result(work, "s of processor", again, "every line read", read, "under 1 s", again / read))
    memory, all_memory = again_mb - bare, read_mb - bare
    note(Result(f"{work}, memory", "MB", memory, "every line read", all_memory, "under 100 MB", memory / all_memory))
    note(Point("Opening a store again", "answers", answers, again))
    note(Point("Reading every line of a store", "answers", answers, read))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--way", choices=("read", "open"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        (answers,) = options.answers
        start = time.process_time()
        found = read_all(options.folder) if options.way == "read" else open_and_find(options.folder, answers)
        if answers and not found:
            raise SystemExit("no answer was found")
        print(json.dumps([time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3]))
        return
    for answers in options.answers:
        measure(answers)


if __name__ == "__main__":
    main()
