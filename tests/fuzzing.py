"""Feed odd bytes to every reader of bytes from outside.

    python tests/fuzzing.py [--minutes 10] [--target answers]

Hypothesis changes the files of `fuzz/corpus/<target>`: it removes, doubles, replaces and flips parts, and gives JSON
other values. A find is made as small as it can be and written into the corpus, where `fuzz/test_corpus.py` reads it
from then on. Ten minutes before a release, one in CI; each target has an equal share.
"""

import argparse
import hashlib
import json
import logging
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "workflow/scripts"))

from fuzz.readers import TARGETS, Target  # noqa: E402
from hypothesis import HealthCheck, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

CORPUS = HERE / "fuzz/corpus"
LAST = Path(tempfile.mkdtemp()) / "last"
"""The last input, in a file, as a fault of a library may end the process."""

LONGEST = 40_000
"""The most bytes of an input: enough for what takes the square of it to be slow."""

MOST_SECONDS = 5.0
"""Of processor time for one input; a reader in linear time takes milliseconds."""

MOST_MEMORY = 8 << 30
_ROUND = 40

WORDS = [b'"', b"{", b"}", b"[", b"]", b"\\", b"\n", b"\r\n", b"\0", b",", b":", b"\xff", b"\xff\xd9", b"-1", b"1e999",
         b"null", b"NaN", b'{"1": "', b"<think>", b"</think>", b"```", b"A) ", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"&a",
         b"*a", b"0" * 5000, b"((((", b" " * 100, b"a.jpg" * 50, b"A" * 100]  # fmt: skip


def corpus(target: str) -> list[Path]:
    """Return the files of a target's corpus."""
    return sorted(path for path in (CORPUS / target).iterdir() if path.is_file())


@st.composite
def changed(draw: st.DrawFn, files: list[bytes]) -> bytes:
    """Draw a file of the corpus with a few parts changed."""
    data = draw(st.sampled_from(files))
    for _ in range(draw(st.integers(0, 4))):
        place, length = draw(st.integers(0, len(data))), draw(st.integers(0, 64))
        part = data[place : place + length]
        match draw(st.integers(0, 5)):
            case 0:
                data = data[:place] + data[place + length :]
            case 1:
                data = data[:place] + part * draw(st.integers(2, 2000)) + data[place:]
            case 2:
                data = data[:place] + draw(st.sampled_from(WORDS)) * draw(st.integers(1, 2000)) + data[place:]
            case 3:
                data = data[:place] + draw(st.binary(max_size=8)) + data[place + length :]
            case 4 if data:
                place = min(place, len(data) - 1)
                data = data[:place] + bytes([data[place] ^ (1 << draw(st.integers(0, 7)))]) + data[place + 1 :]
            case 5:
                data = data[:place] + draw(st.sampled_from(files))[-length:] + data[place + length :]
        data = data[:LONGEST]
    return data


VALUES = [None, True, 0, -1, 1.5, float("inf"), 10**30, "", "x", "\ud800", [], {}, [None], [[]], [{}], ["x"], {"x": 1}]
"""What a place of JSON may hold where another value is expected."""


@st.composite
def restructured(draw: st.DrawFn, files: list[bytes]) -> bytes:
    """Draw JSON, or lines of it, in which a value is another one or is absent."""
    lines = [json.loads(line) for line in draw(st.sampled_from(files)).splitlines()]
    line = draw(st.integers(0, len(lines) - 1))
    inside, place = lines, line
    while (children := places(inside[place])) and draw(st.integers(0, 3)):
        inside, place = inside[place], draw(st.sampled_from(children))
    if draw(st.booleans()) and inside is not lines:
        del inside[place]
    else:
        inside[place] = draw(st.sampled_from(VALUES))
    return b"\n".join(json.dumps(one).encode() for one in lines)


def places(value: object) -> list:
    """Return the keys of an object, or the places of a list."""
    return list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []


def is_json(data: bytes) -> bool:
    """Return whether each line is JSON, an object or a list."""
    try:
        return all(isinstance(json.loads(line), dict | list) for line in data.splitlines()) and bool(data)
    except ValueError:
        return False


class TooSlow(Exception):
    """A reader took too long for its input."""


def _too_slow(*_: object) -> None:
    raise TooSlow(f"more than {MOST_SECONDS:g} s of processor time")


def read(target: Target, data: bytes) -> None:
    """Read an input within the bound of time.

    Raises:
        Exception: what the reader must not raise.
    """
    signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        target(data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def fuzz(name: str, seconds: float, start: int) -> int:
    """Feed a target for some seconds; return the number of inputs.

    Raises:
        Exception: a find.
    """
    files, target, inputs = [path.read_bytes() for path in corpus(name)], TARGETS[name], 0
    drawn = changed(files)
    if structured := [data for data in files if is_json(data)]:
        drawn |= restructured(structured)
    until = time.monotonic() + seconds

    def example(data: bytes) -> None:
        nonlocal inputs
        inputs += 1
        LAST.write_bytes(data)
        read(target, data)

    number = start
    while time.monotonic() < until:
        number += 1
        checks = list(HealthCheck)
        bounded = settings(max_examples=_ROUND, database=None, deadline=None, suppress_health_check=checks)
        seed(number)(bounded(given(drawn)(example)))()
    return inputs


def keep(name: str) -> None:
    """Put the last input into a target's corpus: Hypothesis ends with the smallest that it found."""
    found = LAST.read_bytes()
    (CORPUS / name / f"found-{hashlib.sha256(found).hexdigest()[:12]}").write_bytes(found)


def fuzzed(name: str, seconds: float, start: int) -> bool:
    """Feed a target in a process of its own, which a find may end; return whether nothing was found."""
    process = os.fork()
    if process:
        ended = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if ended < 0:
            print(f"{name}: ended by signal {-ended}", flush=True)
        if ended:
            keep(name)
        return not ended
    try:
        print(f"{name}: {fuzz(name, seconds, start)} inputs, nothing found", flush=True)
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {str(error)[:200]}", flush=True)
        print("".join(traceback.format_tb(error.__traceback__)[-4:]), flush=True)
        os._exit(1)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    names = [options.target] if options.target else list(TARGETS)
    print(f"seed {options.seed}", flush=True)
    seconds = 60 * options.minutes / len(names)
    if found := [name for name in names if not fuzzed(name, seconds, options.seed)]:
        raise SystemExit(f"found: {', '.join(found)}; the inputs are in {CORPUS}")


if __name__ == "__main__":
    main()
