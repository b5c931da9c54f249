from collections.abc import Iterable, Iterator

import pytest
from imeval.asking.chat import AnswerSet, answers_counted
from imeval.asking.exchange import Request, Response


def test_the_identity_of_an_answer_set_is_its_choice_and_a_hash_of_its_names_in_order() -> None:
    identity = AnswerSet(("hen", "tench"), "constrained").identity
    assert identity == {
        "decoding": "constrained",
        "answers": "4b87cb65d2b693341b8fab755ba32a2d23d0285546e7a2a44fbdd5758ecdc55f",
    }
    assert AnswerSet(("tench", "hen"), "constrained").identity != identity


class FreeChat:
    identity = "m"

    def answer(self, requests: Iterable[Request]) -> Iterator[Response]:
        yield from ()


class PaidChat(FreeChat):
    def paid(self) -> str:
        return "0.42 dollars so far"


@pytest.mark.parametrize(("chat", "note"), [(FreeChat(), None), (PaidChat(), "0.42 dollars so far")])
def test_the_progress_of_answers_shows_their_cost_if_they_have_one(chat: FreeChat, note: str | None) -> None:
    progress = answers_counted(chat, 3)
    assert (progress._note() if progress._note else None) == note
