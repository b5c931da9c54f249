"""A worker: a process that holds the weights of all jobs.

It is started like a server (see `imeval.serving`), and answers one job after the other. A job and the worker send each
other JSON, after both have shown that they know the key of the run:

    job     {"kind": "model", "backend": "transformers", "settings": {...}, "answers": null}
    worker  {"kind": "identity", "identity": "...", "machine": {...}}
    job     {"kind": "answer"}
    worker  {"kind": "next"}
    job     {"kind": "request", "run": 0, "retry": 0, "messages": [["user", ["Which?", {"image_id": ...}]]]}
    worker  {"kind": "next"}
    job     {"kind": "end"}
    worker  {"kind": "response", "response": {...}, "machine": {...}}
    worker  {"kind": "done"}

The worker asks for each request when the model takes it. So the model makes the same batches as within the job, and an
answer has the same bytes.
"""

import base64
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import cached_property
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

from imeval import models
from imeval.asking.chat import AnswerSet, Chat
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.base import machine
from imeval.base.errors import UserError, mistake, one_line
from imeval.serving import server_file

_HOST = "127.0.0.1"
_SECONDS_TO_FAIL = 10.0
"""Within this time, the process that watches a worker notes that it ended."""

Json = dict[str, Any]


def chat_of_job(
    worker: str | None, backend: str, settings: Mapping[str, Any], answers: AnswerSet | None = None
) -> Chat:
    """Return a job's chat model.

    Args:
        worker: the state of the worker that holds the weights; None if the job loads them itself, or asks a server.
        backend: the backend's name.
        settings: the values of its `Settings`.
        answers: those that the model chooses among.
    """
    if worker is not None:
        return WorkersChat(worker, backend, settings, answers)
    chat: Chat = models.load(backend, settings, *([answers] if answers else []))
    return chat


class WorkersChat:
    """A chat model whose weights a worker holds.

    The job waits for its turn with the first call.
    """

    def __init__(self, file: str, backend: str, settings: Mapping[str, Any], answers: AnswerSet | None = None) -> None:
        """Make a chat model.

        Args:
            file: the state of the worker (see `imeval.serving.server_file`).
            backend: the backend's name.
            settings: the values of its `Settings`.
            answers: those that the model chooses among.
        """
        self._file = file
        self._model = {"backend": backend, "settings": dict(settings), "answers": asdict(answers) if answers else None}
        # The turn lasts as long as this object.
        self._turn = ExitStack()

    @property
    def identity(self) -> str:
        """Return the identity of the model, as without a worker."""
        return self._connected[1]

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        """Answer requests as the model does in a job.

        Raises:
            UserError: the worker failed or has ended, or an error of the model.
        """
        waiting = iter(requests)
        self._send("answer")
        while (message := self._received())["kind"] != "done":
            if message["kind"] == "next":
                request = next(waiting, None)
                self._send("request", **_described(request)) if request else self._send("end")
            else:
                machine.note_elsewhere(message.get("machine", {}))
                yield Response(**message["response"])

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as the model receives them."""
        self._send("rendered", messages=_packed(messages))
        text: str = self._received()["text"]
        return text

    @cached_property
    def _connected(self) -> tuple[Connection, str]:
        """Return the connection to the worker, and the model's identity."""
        address = self._turn.enter_context(server_file.turn(self._file))
        port = int(urlsplit(address.base_url).port or 0)
        with _noticing_end(self._file):
            connection = Client((_HOST, port), authkey=address.key.encode())
            _send(connection, "model", **self._model)
            known = _reply(connection)
        machine.note_elsewhere(known["machine"])
        return connection, known["identity"]

    def _send(self, kind: str, **values: Any) -> None:
        connection, _ = self._connected
        with _noticing_end(self._file):
            _send(connection, kind, **values)

    def _received(self) -> Json:
        connection, _ = self._connected
        with _noticing_end(self._file):
            return _reply(connection)


def _reply(connection: Connection) -> Json:
    """Return the worker's next message.

    Raises:
        UserError: the model failed.
    """
    message = _received(connection)
    if message["kind"] == "failed":
        raise UserError.restored(message["reason"])
    return message


@contextmanager
def _noticing_end(file: str) -> Iterator[None]:
    """Raise a UserError if the worker ends."""
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise _end_of(file) from error


def _end_of(file: str) -> UserError:
    """Return the error of a worker that has ended."""
    until = time.monotonic() + _SECONDS_TO_FAIL
    while (failed := server_file.failure(file)) is None and time.monotonic() < until:
        time.sleep(0.2)
    return failed or mistake(file, "worker", "a running worker", "none, it has ended", "run the same command again")


def work(port: int, key: bytes) -> None:
    """Answer jobs, one after the other, until this process is ended."""
    waiting: Queue[Connection] = Queue()
    with Listener((_HOST, port), backlog=64) as listener:
        threading.Thread(target=_admit, args=(listener, key, waiting), daemon=True).start()
        while True:
            with waiting.get() as connection:
                try:
                    _serve(connection)
                # The job has ended, by itself or by a signal.
                except (EOFError, ConnectionError):
                    logging.info("A job has left")


def _admit(listener: Listener, key: bytes, waiting: "Queue[Connection]") -> None:
    """Queue each connection that shows the key."""

    def admit(connection: Connection) -> None:
        try:
            deliver_challenge(connection, key)
            answer_challenge(connection, key)
        except (AuthenticationError, EOFError, OSError):
            connection.close()
        else:
            waiting.put(connection)

    while True:
        # In a thread: another user's connection that is silent must not keep the jobs waiting.
        threading.Thread(target=admit, args=(listener.accept(),), daemon=True).start()


def _serve(connection: Connection) -> None:
    """Answer a job until it leaves."""
    chat: Any = None
    while True:
        message = _received(connection)
        try:
            if message["kind"] == "model":
                chat = _model(message)
                _send(connection, "identity", identity=chat.identity, machine=machine.this_machine())
            elif not _rendered(connection, chat, message):
                _answer(connection, chat)
        except (EOFError, ConnectionError):
            raise
        # Models raise whatever they stumble on. The job ends by it, the worker does not.
        except Exception as error:
            logging.exception("A job failed")
            reason = error if isinstance(error, UserError) else UserError(f"unexpected {one_line(error)}")
            _send(connection, "failed", reason=reason.record())


def _answer(connection: Connection, chat: Chat) -> None:
    for number, response in enumerate(chat.answer(_requests(connection, chat))):
        # With the first answer the weights are loaded, and the machine's GPUs are known.
        known = {"machine": machine.this_machine()} if number == 0 else {}
        _send(connection, "response", response=asdict(response), **known)
    _send(connection, "done")


def _model(message: Json) -> Any:
    answers = message["answers"]
    chosen = [AnswerSet(tuple(answers["names"]), answers["choice"])] if answers else []
    return models.load(message["backend"], message["settings"], *chosen)


def _rendered(connection: Connection, chat: Chat, message: Json) -> bool:
    """Reply to a wish for rendered messages; return whether it was one."""
    if message["kind"] != "rendered":
        return False
    _send(connection, "rendered", text=chat.rendered(_unpacked(message["messages"])))
    return True


def _requests(connection: Connection, chat: Chat) -> Iterator[Request]:
    """Yield a job's requests, each when the model takes it."""
    while True:
        _send(connection, "next")
        # The job may have its first request rendered before it sends it.
        while _rendered(connection, chat, message := _received(connection)):
            pass
        if message["kind"] == "end":
            return
        yield Request(chat.identity, message["run"], _unpacked(message["messages"]), message["retry"])


def _send(connection: Connection, kind: str, **values: Any) -> None:
    connection.send_bytes(json.dumps({"kind": kind} | values).encode())


def _received(connection: Connection) -> Json:
    # As JSON: what is unpickled could run any code.
    message: Json = json.loads(connection.recv_bytes())
    return message


def _described(request: Request) -> Json:
    return {"run": request.run, "retry": request.retry, "messages": _packed(request.messages)}


def _packed(messages: Sequence[Message]) -> list[Any]:
    return [[message.role, [_packed_part(part) for part in message.parts]] for message in messages]


def _packed_part(part: str | ImagePart) -> str | dict[str, str]:
    return part if isinstance(part, str) else asdict(part) | {"data": base64.b64encode(part.data).decode()}


def _unpacked(messages: Sequence[Any]) -> tuple[Message, ...]:
    return tuple(Message(role, tuple(_unpacked_part(part) for part in parts)) for role, parts in messages)


def _unpacked_part(part: str | dict[str, str]) -> str | ImagePart:
    if isinstance(part, str):
        return part
    return ImagePart(part["image_id"], part["sha256"], base64.b64decode(part["data"]))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    work(int(sys.argv[1]), os.environ[server_file.KEY_VARIABLE].encode())
