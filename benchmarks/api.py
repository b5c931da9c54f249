"""Measure requests a second and memory of the API client.

    python benchmarks/api.py [--requests 1600]

The server of the tests answers with a fixed latency. The ratio is the measured rate to the highest rate that latency
and concurrency allow. Every answer is written to the store.
"""

import argparse
import io
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring import Result, note
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from imeval.asking.exchange import Request  # noqa: E402
from imeval.asking.loop import answer_all  # noqa: E402
from imeval.asking.prompts import ImagePart, Message  # noqa: E402
from imeval.asking.store import open_store  # noqa: E402
from imeval.models.api.openai import Settings, load  # noqa: E402

LATENCY, CONCURRENCY = 0.2, 32
PROMPT = "x" * 16_000
"""As long as the prompt with the 1000 class names."""

PHOTOGRAPH_BYTES = 110_000
"""The average of ImageNet's validation set."""


@contextmanager
def served() -> Iterator[str]:
    """Yield the URL of a server that answers after the latency."""
    program = [sys.executable, str(ROOT / "tests/models/openai_server.py"), "--latency", str(LATENCY)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def requests(count: int) -> Iterator[Request]:
    buffer = io.BytesIO()
    Image.effect_noise((500, 375), 50).save(buffer, "JPEG")
    for number in range(count):
        data = buffer.getvalue().ljust(PHOTOGRAPH_BYTES - 8, b"\0") + number.to_bytes(8, "big")
        image = ImagePart(str(number), str(number), data)
        yield Request("model", 0, (Message("user", (PROMPT, image)),))


def seconds(url: str, count: int) -> float:
    with tempfile.TemporaryDirectory() as store, open_store(store, "benchmark") as opened:
        chat = load(Settings("m", store=store, base_url=url, concurrency=CONCURRENCY))
        start = time.perf_counter()
        frame = answer_all(chat, requests(count), opened)
        taken = time.perf_counter() - start
    assert frame["status"].eq("ok").all()
    return taken


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1600)
    count = parser.parse_args().requests
    with served() as url:
        seconds(url, 2 * CONCURRENCY)
        before = megabytes()
        rate = count / seconds(url, count)
    most = CONCURRENCY / LATENCY
    print(f"{count} requests, {CONCURRENCY} at a time, latency {LATENCY:g} s: {rate:.0f} requests/s")
    print(f"peak memory: {before:.0f} MB after {2 * CONCURRENCY} requests, {megabytes():.0f} MB after all")
    work = f"{count:,} requests of the API client, {CONCURRENCY} at a time"
    note(Result(work, "requests/s", rate, "latency alone allows", most, "at least 0.90", rate / most))


if __name__ == "__main__":
    main()
