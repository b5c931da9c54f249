"""An OpenAI-compatible server on loopback that misbehaves on script and counts what it is asked.

As a program it answers every request after a fixed latency: python openai_server.py --latency 0.2
"""

import argparse
import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the server sends back: at once, late, or not at all (`reset`: after the work is done)."""

    body: Json | str | bytes
    status: int = 200
    headers: Json = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False


@dataclass(frozen=True)
class BatchPlan:
    """What becomes of a batch: how often it is still in progress, how it ends, and which of its lines ran.

    `failing` replaces the answer of the lines of these numbers. `code` is the reason of a batch that failed.
    """

    ends: str = "completed"
    polls: int = 1
    runs: int | None = None
    failing: dict[int, Reply] = field(default_factory=dict)
    code: str = "invalid_json_line"
    reason: str = "not a valid batch"


def completion(
    text: str | None, finish_reason: str = "stop", refusal: str | None = None, cached_tokens: int = 0
) -> Reply:
    message = {"role": "assistant", "content": text, "refusal": refusal}
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 10,
        "total_tokens": 1010,
        "prompt_tokens_details": {"cached_tokens": cached_tokens},
    }
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return Reply(
        {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    )


def failure(status: int, code: str = "code", message: str = "a fault", **headers: str) -> Reply:
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    return Reply(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


RESET = Reply("", reset=True)


def hang(seconds: float) -> Reply:
    return Reply("", delay=seconds, reset=True)


class Server(ThreadingHTTPServer):
    """The server; `faults` are the replies to the next chat requests, after which it answers as `answers` says."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, latency: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.latency = latency
        self.lock = threading.Lock()
        self.faults: deque[Reply] = deque()
        self.answers: Callable[[Json], Reply] = lambda body: completion(f"answer {image_of(body)[:8]}")
        self.asked: list[Json] = []
        self.times: list[float] = []
        self.authorizations: set[str] = set()
        self.answer_limit: int | None = None
        self.under_way = self.most_under_way = 0
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Json] = {}
        self.plans: deque[BatchPlan] = deque()
        self.batch_faults: deque[Reply] = deque()
        self.plan_of: dict[str, BatchPlan] = {}
        self.upload_latency = 0.0
        self.seconds_behind = 0
        self.batches_a_page = 100
        self.models: Json | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def asked_about(self) -> Counter[str]:
        """How often each photograph was sent, by the hash of its bytes."""
        return Counter(image_of(body) for body in self.asked)

    def submitted(self) -> Counter[str]:
        """In how many batches each request was."""
        inputs = (self.files[batch["input_file_id"]] for batch in self.batches.values())
        return Counter(json.loads(line)["custom_id"] for content in inputs for line in content.splitlines())

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        received = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.authorizations.add(self.headers.get("Authorization", ""))
        match self.path:
            case "/v1/chat/completions":
                self._reply(self._chat(json.loads(received)))
            case "/v1/files":
                self._reply(self._upload(received))
            case "/v1/batches":
                self._reply(self._create(json.loads(received)))

    def do_GET(self) -> None:
        path, _, _ = self.path.partition("?")
        match path.split("/")[2:]:
            case ["models"] if self.server.models is not None:
                self._reply(Reply(self.server.models))
            case ["batches"]:
                self._reply(self._listed(self.path.rpartition("after=")[2].partition("&")[0]))
            case ["batches", batch_id] if batch_id in self.server.batches:
                self._reply(Reply(self._polled(batch_id)))
            case ["files", file_id, "content"] if file_id in self.server.files:
                self._reply(Reply(self.server.files[file_id].decode()))
            case _:
                self._reply(failure(404, message="no such thing"))

    def _listed(self, after: str) -> Reply:
        """A page of the batches, the newest first."""
        batches = list(reversed(self.server.batches.values()))
        start = next((place for place, batch in enumerate(batches, start=1) if batch["id"] == after), 0)
        page = batches[start : start + self.server.batches_a_page]
        return Reply({"object": "list", "data": page, "has_more": start + len(page) < len(batches)})

    def _chat(self, body: Json) -> Reply:
        server = self.server
        with server.lock:
            server.asked.append(body)
            server.times.append(time.monotonic())
            server.under_way += 1
            server.most_under_way = max(server.most_under_way, server.under_way)
            held = server.answer_limit is not None and len(server.asked) > server.answer_limit
            fault = server.faults.popleft() if server.faults else None
        try:
            time.sleep(server.latency + (3600 if held else 0))
            return fault or server.answers(body)
        finally:
            with server.lock:
                server.under_way -= 1

    def _upload(self, received: bytes) -> Reply:
        time.sleep(self.server.upload_latency)
        boundary = self.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
        parts = received.split(b"--" + boundary)
        content = next(part for part in parts if b"filename=" in part).partition(b"\r\n\r\n")[2][:-2]
        return Reply(self._keep(content))

    def _keep(self, content: bytes) -> Json:
        with self.server.lock:
            file_id = f"file-{len(self.server.files)}"
            self.server.files[file_id] = content
        return {
            "id": file_id,
            "object": "file",
            "bytes": len(content),
            "created_at": 0,
            "filename": "f",
            "purpose": "batch",
        }

    def _create(self, body: Json) -> Reply:
        with self.server.lock:
            fault = self.server.batch_faults.popleft() if self.server.batch_faults else None
            if fault and not (fault.reset or fault.delay):
                return fault
            batch_id = f"batch-{len(self.server.batches)}"
            created = int(time.time()) - self.server.seconds_behind
            batch = {"id": batch_id, "object": "batch", "status": "validating", "created_at": created}
            self.server.batches[batch_id] = batch | body
            self.server.plan_of[batch_id] = self.server.plans.popleft() if self.server.plans else BatchPlan()
        return fault or Reply(self.server.batches[batch_id])

    def _polled(self, batch_id: str) -> Json:
        """Let a batch go one step on; run it when its plan says so."""
        batch, plan = self.server.batches[batch_id], self.server.plan_of[batch_id]
        batch["polls"] = batch.get("polls", 0) + 1
        if batch["polls"] <= plan.polls:
            batch["status"] = "in_progress"
        elif batch["status"] != plan.ends:
            self._run(batch, plan)
        return batch

    def _run(self, batch: Json, plan: BatchPlan) -> None:
        batch["status"] = plan.ends
        if plan.ends == "failed":
            batch["errors"] = {
                "object": "list",
                "data": [{"code": plan.code, "message": plan.reason}],
            }
            return
        lines = [json.loads(line) for line in self.server.files[batch["input_file_id"]].splitlines()]
        answered, failing = [], []
        for number, line in enumerate(lines):
            result: Json = {"id": f"r{number}", "custom_id": line["custom_id"], "response": None, "error": None}
            if plan.runs is not None and number >= plan.runs:
                failing.append(result | {"error": {"code": "batch_expired", "message": "not executed in time"}})
                continue
            reply = plan.failing.get(number) or self.server.answers(line["body"])
            result["response"] = {"status_code": reply.status, "request_id": "q", "body": reply.body}
            (answered if reply.status == 200 else failing).append(result)
        for key, results in (("output_file_id", answered), ("error_file_id", failing)):
            if results:
                batch[key] = self._keep("\n".join(map(json.dumps, results)).encode())["id"]

    def _reply(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        if reply.reset:
            # Closing with linger 0 sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        text = reply.body if isinstance(reply.body, str | bytes) else json.dumps(reply.body)
        body = text if isinstance(text, bytes) else text.encode()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | reply.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def image_of(body: Json) -> str:
    """The SHA-256 of a request's first photograph."""
    urls = [
        part["image_url"]["url"]
        for message in body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    return hashlib.sha256(base64.b64decode(urls[0].partition(",")[2])).hexdigest()


@contextmanager
def serving(latency: float = 0.0) -> Iterator[Server]:
    server = Server(latency)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.2)
    server = Server(parser.parse_args().latency)
    server.answers = lambda body: completion("tench")
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
