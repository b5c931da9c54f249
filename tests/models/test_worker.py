import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from imeval import models
from imeval.asking.chat import AnswerSet
from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import ImagePart, Message
from imeval.base import locks, machine
from imeval.base.errors import UserError, mistake
from imeval.models import weights, worker
from imeval.serving import server_file, servers

KEY = "kf3"


class Chat:
    """A chat model that takes two requests at a time, and repeats what they ask."""

    loads = 0

    def __init__(self, settings: dict[str, Any], answers: AnswerSet | None) -> None:
        self.settings = settings
        self.identity = f"chat of {settings['name']} among {answers.names if answers else 'all words'}"

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        waiting = iter(requests)
        while batch := [request for _, request in zip(range(2), waiting, strict=False)]:
            weights.held(self._load, "the weights")
            for request in batch:
                asked = request.messages[-1].parts
                if asked[-1] == "fail":
                    raise mistake("prompt", "length", "at most 9 tokens", "10", "shorten it")
                if asked[-1] == "crash":
                    raise RuntimeError("no kernel image")
                seen = [part if isinstance(part, str) else part.data.decode("latin-1") for part in asked]
                text = f"{'|'.join(seen)} of {len(batch)}"
                yield Response.from_text(request.request_key, text, cut_off=False, output_tokens=3)

    def rendered(self, messages: tuple[Message, ...]) -> str:
        return f"rendered {messages[-1].parts[-1]}"

    @staticmethod
    def _load(_: str) -> str:
        Chat.loads += 1
        return "loaded"


def asked(chat: worker.WorkersChat, *texts: str) -> list[Request]:
    image = ImagePart("1", "sha", b"\x00\xff")
    return [Request(chat.identity, 0, (Message("user", (image, text)),)) for text in texts]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The state of a worker that runs in a thread."""
    monkeypatch.setattr(locks.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(models, "load", lambda _, settings, *answers: Chat(settings, *(answers or [None])))
    monkeypatch.setattr(weights, "_held", [])
    monkeypatch.setattr(machine, "_elsewhere", {})
    monkeypatch.setattr(Chat, "loads", 0)
    port, path = servers._free_port(), str(tmp_path / "large.json")
    threading.Thread(target=worker.work, args=(port, KEY.encode()), daemon=True).start()
    server_file.write_state(path, base_url=f"http://127.0.0.1:{port}/v1", key=KEY)
    return path


def test_jobs_of_several_tasks_are_answered_by_weights_that_were_loaded_once(file: str) -> None:
    tasks: list[tuple[dict[str, Any], AnswerSet | None]] = [
        ({"name": "tiny", "max_new_tokens": 9}, None),
        ({"name": "tiny", "max_new_tokens": 12}, AnswerSet(("hen",), "constrained")),
        ({"name": "tiny", "max_new_tokens": 9}, None),
    ]
    identities = []
    for settings, answers in tasks:
        chat = worker.chat_of_job(file, "tiny", settings, answers)
        assert isinstance(chat, worker.WorkersChat)
        identities.append(chat.identity)
        requests = asked(chat, "one", "two", "three")
        responses = list(chat.answer(requests))
        assert [response.text for response in responses] == [
            "\x00ÿ|one of 2", "\x00ÿ|two of 2", "\x00ÿ|three of 1"
        ]  # fmt: skip
        assert [response.request_key for response in responses] == [request.request_key for request in requests]
        assert list(chat.answer(())) == []
        del chat
    assert identities == [
        "chat of tiny among all words", "chat of tiny among ('hen',)", "chat of tiny among all words"
    ]  # fmt: skip
    assert Chat.loads == 1
    assert machine.this_machine()["packages"]["polars"]


def test_a_job_that_finds_all_its_answers_loads_nothing(file: str) -> None:
    chat = worker.WorkersChat(file, "tiny", {"name": "tiny"})
    assert list(chat.answer(asked(chat))) == []
    assert Chat.loads == 0


def test_a_request_may_be_rendered_when_the_model_takes_it(file: str) -> None:
    chat = worker.WorkersChat(file, "tiny", {"name": "tiny"})
    rendered: list[str] = []

    def requests() -> Iterator[Request]:
        (request,) = asked(chat, "one")
        rendered.append(chat.rendered(request.messages))
        yield request

    assert len(list(chat.answer(requests()))) == 1
    assert rendered == ["rendered one"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("fail", r"^prompt: length: expected at most 9 tokens, found 10; shorten it$"),
        ("crash", r"^unexpected RuntimeError: no kernel image$"),
    ],
)
def test_what_fails_in_the_model_fails_in_the_job_and_the_worker_goes_on(file: str, text: str, error: str) -> None:
    chat = worker.WorkersChat(file, "tiny", {"name": "tiny"})
    with pytest.raises(UserError, match=error):
        list(chat.answer(asked(chat, text)))
    del chat
    other = worker.WorkersChat(file, "tiny", {"name": "tiny"})
    assert len(list(other.answer(asked(other, "one")))) == 1


def test_a_job_that_leaves_makes_room_for_the_next(file: str) -> None:
    first = worker.WorkersChat(file, "tiny", {"name": "tiny"})
    answers = first.answer(asked(first, "one", "two", "three"))
    assert next(answers).text
    first._connected[0].close()
    second = worker.WorkersChat(file, "tiny", {"name": "tiny"})
    assert len(list(second.answer(asked(second, "one")))) == 1


def test_who_does_not_know_the_key_is_not_answered_and_keeps_no_job_waiting(file: str) -> None:
    port = server_file._read(file)["base_url"].removesuffix("/v1").rpartition(":")[2]  # type: ignore[index]
    with pytest.raises(worker.AuthenticationError):
        worker.Client(("127.0.0.1", int(port)), authkey=b"another")
    silent = worker.Client(("127.0.0.1", int(port)))
    chat = worker.WorkersChat(file, "tiny", {"name": "tiny"})
    assert chat.identity == "chat of tiny among all words"
    silent.close()


def test_a_job_of_a_worker_that_was_killed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(worker, "_SECONDS_TO_FAIL", 0)
    path = str(tmp_path / "large.json")
    server_file.write_state(path, base_url=f"http://127.0.0.1:{servers._free_port()}/v1", key=KEY)
    with pytest.raises(UserError, match=r"large\.json: worker: expected a running worker, found none, it has ended"):
        _ = worker.WorkersChat(path, "tiny", {}).identity
