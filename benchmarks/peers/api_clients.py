"""Compare our API client with those of inspect_ai and lmms-eval.

    peers/bin/python benchmarks/peers/api_clients.py [--requests 400]

Each asks the server of `benchmarks/api.py` about as many pictures, with the same prompt of 16 kB, 32 at a time, in a
process of its own; a few requests before do not count. Ours writes every answer to the store, inspect_ai its log,
lmms-eval nothing. The environment is that of `installed.py`.
"""

import argparse
import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import api
from imeval.asking.prompts import ImagePart
from measuring import Result, note
from peers.installed import require_package
from PIL import Image


def photographs(count: int) -> list[bytes]:
    parts = (request.messages[0].parts[1] for request in api.requests(count))
    return [part.data for part in parts if isinstance(part, ImagePart)]


def ask_by_inspect(url: str, count: int) -> None:
    from inspect_ai import Task, eval  # type: ignore[import-not-found]
    from inspect_ai.dataset import Sample  # type: ignore[import-not-found]
    from inspect_ai.model import ChatMessageUser, ContentImage, ContentText, get_model  # type: ignore[import-not-found]
    from inspect_ai.solver import generate  # type: ignore[import-not-found]

    pictures = [f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" for data in photographs(count)]
    samples = [
        Sample(input=[ChatMessageUser(content=[ContentText(text=api.PROMPT), ContentImage(image=picture)])])
        for picture in pictures
    ]
    model = get_model("openai-api/local/m", base_url=url, api_key="none")
    limits = {"max_connections": api.CONCURRENCY, "max_samples": api.CONCURRENCY, "display": "none"}
    with tempfile.TemporaryDirectory() as folder:
        (log,) = eval(Task(dataset=samples, solver=generate()), model=model, log_dir=folder, **limits)
    assert log.status == "success", log.error
    assert log.results.completed_samples == count


def ask_by_lmms(url: str, count: int) -> None:
    from lmms_eval.api.instance import Instance  # type: ignore[import-not-found]
    from lmms_eval.models.chat.openai import OpenAICompatible  # type: ignore[import-not-found]

    pictures = [Image.open(io.BytesIO(data)) for data in photographs(count)]
    model = OpenAICompatible(model="m", base_url=url, api_key="none", num_concurrent=api.CONCURRENCY)
    model.task_dict = {"asked": {"test": pictures}}

    def messages(picture: Image.Image) -> list[dict[str, Any]]:
        parts = [{"type": "text", "text": api.PROMPT}, {"type": "image", "url": picture}]
        return [{"role": "user", "content": parts}]

    asked = [
        Instance(
            "generate_until",
            (api.PROMPT, messages, {"max_new_tokens": 16}, place, "asked", "test"),
            place,
            {"task": "asked", "doc_id": place, "repeats": 1},
        )
        for place in range(count)
    ]
    answers = model.generate_until(asked)
    assert [answer.text for answer in answers] == ["tench"] * count


CLIENTS: dict[str, Callable[[str, int], Any]] = {
    "ours": api.seconds,
    "inspect_ai": ask_by_inspect,
    "lmms-eval": ask_by_lmms,
}


def rate(client: str, url: str, count: int) -> tuple[float, float]:
    """Return requests a second of wall time and of processor time."""
    command = [sys.executable, __file__, "--client", client, "--url", url, "--requests", str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    wall, processor = json.loads(done.stdout.splitlines()[-1])
    return count / wall, count / processor


def measure(client: str, url: str, count: int) -> tuple[float, float]:
    """Return the seconds of wall and of processor that requests take."""
    CLIENTS[client](url, api.CONCURRENCY)
    start, before = time.perf_counter(), time.process_time()
    CLIENTS[client](url, count)
    return time.perf_counter() - start, time.process_time() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--client", choices=list(CLIENTS), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    require_package("inspect_ai", "inspect_ai")
    require_package("lmms_eval", "lmms-eval")
    if options.client:
        os.environ |= {"OPENAI_API_KEY": "none", "LOCAL_API_KEY": "none", "LOCAL_BASE_URL": options.url}
        print(json.dumps(measure(options.client, options.url, options.requests)))
        return
    with api.served() as url:
        rates = {client: rate(client, url, options.requests) for client in CLIENTS}
    mine = rates.pop("ours")
    for peer, found in rates.items():
        for unit, one, other in zip(("requests/s", "requests/s of processor"), mine, found, strict=True):
            work = f"{options.requests:,} requests of the API client, {api.CONCURRENCY} at a time"
            note(Result(work, unit, one, peer, other, "", one / other))


if __name__ == "__main__":
    main()
