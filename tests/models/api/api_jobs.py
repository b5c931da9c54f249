"""Requests about made-up images, prices, and jobs that ask an API."""

import hashlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imeval.asking.exchange import Request, Response
from imeval.asking.loop import answer_all
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store
from imeval.models.api.openai import Settings, load
from models.openai_server import Server
from PIL import Image
from projects import ROOT

PRICED = {"prices": {"input": 2.5, "output": 10.0, "cached_input": 1.25, "batch_discount": 0.5}}
ANSWER_USD = (1000 * 2.5 + 10 * 10) / 1e6
"""What the server's answer costs by the usage that it reports."""


def photograph(number: int, size: tuple[int, int] = (8, 8)) -> ImagePart:
    buffer = io.BytesIO()
    Image.new("RGB", size, (number % 256, number // 256, 0)).save(buffer, "PNG")
    data = buffer.getvalue()
    return ImagePart(f"image{number:03d}", hashlib.sha256(data).hexdigest(), data)


def request(number: int = 0) -> Request:
    return Request("model", 0, (Message("user", ("Name it.", photograph(number), "")),))


def ask(settings: Settings, *requests: Request) -> list[Response]:
    return list(load(settings).answer(requests or [request()]))


def outcome(settings: Settings) -> tuple[str, str | None, str | None, int]:
    (response,) = ask(settings)
    return response.status, response.text, response.stop_reason, response.attempts


def run_here(url: str, store: Path, **changes: Any) -> None:
    """Ask about twenty images and write the responses beside the store."""
    settings = Settings("m", store=str(store), base_url=url, concurrency=4, **changes)
    with open_store(store, "cw") as opened:
        frame = answer_all(load(settings), map(request, range(20)), opened)
    frame.sort("image_id").write_parquet(store / "responses.parquet")


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from imeval.run.joblog import job
from models.api.api_jobs import run_here
with job({store!r} + "/job.log", "twenty made-up images"):
    run_here({url!r}, Path({store!r}), **{changes!r})
"""


def job(server: Server, store: Path, **changes: object) -> subprocess.Popen[bytes]:
    """Start a process that asks about twenty images, to be killed."""
    program = PROGRAM.format(tests=str(ROOT / "tests"), store=str(store), url=server.url, changes=changes)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow/scripts")}
    return subprocess.Popen([sys.executable, "-c", program], env=environment)


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds
        time.sleep(0.01)
