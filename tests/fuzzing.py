"""Feed odd bytes to every reader of bytes from outside.

    python tests/fuzzing.py [--minutes 10] [--target answers]

Hypothesis changes the files of `fuzz/corpus/<target>`: it removes, doubles, replaces and flips parts. A find is made as
small as it can be and written into the corpus, where `fuzz/test_corpus.py` reads it from then on. Ten minutes before a
release, one in CI; each target has an equal share.
"""

import argparse
import hashlib
import logging
import random
import resource
import signal
import sys
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
        Exception: a find, which is in the corpus now.
    """
    files, target, inputs, last = [path.read_bytes() for path in corpus(name)], TARGETS[name], 0, b""
    until = time.monotonic() + seconds

    def example(data: bytes) -> None:
        nonlocal inputs, last
        last, inputs = data, inputs + 1
        read(target, data)

    number = start
    while time.monotonic() < until:
        number += 1
        checks = list(HealthCheck)
        bounded = settings(max_examples=_ROUND, database=None, deadline=None, suppress_health_check=checks)
        try:
            seed(number)(bounded(given(changed(files))(example)))()
        # Hypothesis ends with the smallest input that it found.
        except BaseException:
            (CORPUS / name / f"found-{hashlib.sha256(last).hexdigest()[:12]}").write_bytes(last)
            raise
    return inputs


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
    found = 0
    print(f"seed {options.seed}", flush=True)
    for name in names:
        try:
            inputs = fuzz(name, 60 * options.minutes / len(names), options.seed)
            print(f"{name}: {inputs} inputs, nothing found", flush=True)
        except Exception as error:
            found += 1
            print(f"{name}: {type(error).__name__}: {str(error)[:200]}", flush=True)
            print("".join(traceback.format_tb(error.__traceback__)[-4:]), flush=True)
    if found:
        raise SystemExit(f"{found} finds, now in {CORPUS}")


if __name__ == "__main__":
    main()
