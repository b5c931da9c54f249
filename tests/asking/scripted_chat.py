"""A chat model that answers by a script and remembers what it was asked; and requests for it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from imeval.asking.contract import Responses
from imeval.asking.exchange import Request, Response
from imeval.asking.loop import answer_all
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store

Script = Callable[[Request], str | Response]


class ScriptedChat:
    """Has `at_once` requests under way; `asked` are the image ids of each request, such as "abc"."""

    def __init__(self, script: Script = lambda _: "tench", at_once: int = 1) -> None:
        self.script = script
        self.at_once = at_once
        self.asked: list[str] = []

    @property
    def identity(self) -> str:
        return "m"

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        waiting: list[Request] = []
        for request in requests:
            waiting.append(request)
            if len(waiting) == self.at_once:
                yield self._answered(waiting.pop(0))
        while waiting:
            yield self._answered(waiting.pop())

    def _answered(self, request: Request) -> Response:
        self.asked.append("".join(request.image_ids))
        answer = self.script(request)
        if isinstance(answer, Response):
            return answer
        known = {"stop_reason": "stop", "input_tokens": 9, "output_tokens": 3}
        return Response.from_text(request.request_key, answer, cut_off=False, **known)


def request(
    image_id: str = "a", model: str = "m", run: int = 0, content: str = "1", text: str = "What is it?"
) -> Request:
    image = ImagePart(image_id, content * 64, content.encode())
    return Request(model, run, (Message("system", ("Be brief.",)), Message("user", ("", image, text))))


def answered(
    folder: Path, chat: ScriptedChat, requests: Iterable[Request], writer: str = "shard"
) -> list[tuple[str, str]]:
    """The image id and the status of each row."""
    with open_store(folder, writer) as store:
        frame = answer_all(chat, requests, store)
    return list(Responses.validate(frame).select("image_id", "status").iter_rows())
