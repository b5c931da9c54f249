from pathlib import Path

import pytest
import tiny_checkpoints
import torch
from imeval.models.chat.decoding import AmongNames
from imeval.models.chat.name_trie import name_trie
from models.among_names import NAMES, PHOTOGRAPHS, Plainly, chat, requests


def plainly_constrained(model: Plainly, number: int) -> str:
    """Take the likeliest of the tokens that a name goes on with, until a name has ended; no trie, no cache."""
    written: list[int] = []
    while written not in model.names:
        allowed = {name[len(written)] for name in model.names if name[: len(written)] == written}
        scores = model.scores(number, [written])[0, -1]
        written.append(max(allowed, key=lambda token: scores[token].item()))
    return NAMES[model.names.index(written)]


@pytest.mark.parametrize("architecture", tiny_checkpoints.ARCHITECTURES)
def test_an_answer_is_the_name_that_plain_steps_among_the_names_lead_to(
    checkpoints: dict[str, Path], architecture: str
) -> None:
    responses = list(chat(checkpoints[architecture], "constrained").answer(requests()))
    model = Plainly(checkpoints[architecture])
    assert [response.text for response in responses] == [plainly_constrained(model, number) for number in PHOTOGRAPHS]
    assert [response.status for response in responses] == ["ok", "ok"]


def test_a_name_that_others_begin_with_may_end_or_go_on_and_an_answer_that_has_ended_is_padded() -> None:
    decoding = AmongNames(name_trie([(5,), (5, 6, 7), (8,)]), [1, 2], "constrained")
    assert decoding.max_new_tokens == 4
    allowed = decoding.arguments(3)["prefix_allowed_tokens_fn"]
    after = {
        (): [5, 8],
        (5,): [6, 1, 2],
        (5, 6): [7],
        (5, 6, 7): [1, 2],
        (8,): [1, 2],
        (8, 1): [1, 2],
        (8, 1, 0): [1, 2],
    }
    assert {written: allowed(0, torch.tensor([9, 9, 9, *written])) for written in after} == after
