import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_checkpoints
import torch
from imeval.base.errors import UserError
from imeval.labels.classes import class_names
from imeval.models.chat import likelihood, transformers
from models.among_names import NAMES, PHOTOGRAPHS, Plainly, chat, requests

Chat = transformers.TransformersChat


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[Chat], list[tuple[str, float]]]:
    """A function that returns the name found for each photograph, and its likelihood."""
    searches: list[likelihood._Search] = []
    begin = likelihood._Search.__init__

    def kept(self: likelihood._Search, *arguments: object) -> None:
        searches.append(self)
        begin(self, *arguments)

    def names(chat: Chat) -> list[tuple[str, float]]:
        searches.clear()
        texts = [response.text for response in chat.answer(requests())]
        return [(text, search.value) for text, search in zip(texts, searches, strict=True)]

    monkeypatch.setattr(likelihood._Search, "__init__", kept)
    return names


@pytest.mark.parametrize("architecture", tiny_checkpoints.ARCHITECTURES)
def test_the_name_found_is_the_likeliest_of_all_names_computed_one_by_one(
    checkpoints: dict[str, Path], architecture: str, found: Callable[[Chat], list[tuple[str, float]]]
) -> None:
    folder = checkpoints[architecture]
    summed, per_token = found(chat(folder, "likelihood")), found(chat(folder, "mean_likelihood"))
    assert summed != per_token
    plainly = Plainly(folder)
    lengths = torch.tensor([len(tokens) for tokens in plainly.names])
    assert lengths.min() > 2
    for number in PHOTOGRAPHS:
        scores = plainly.scores(number, plainly.names)
        sums = torch.stack(
            [row[range(len(tokens)), tokens].sum() for row, tokens in zip(scores, plainly.names, strict=True)]
        )
        for (text, value), expected in ((summed[number], sums), (per_token[number], sums / lengths)):
            assert text == NAMES[expected.argmax()]
            assert value == pytest.approx(expected.max().item(), abs=1e-4)


def test_a_thousand_names_take_few_forward_passes_of_few_tokens(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = chat(checkpoints["qwen3_vl_moe"], "likelihood", class_names("clean"))
    lengths: list[int] = []
    forward = asked._model.forward

    @functools.wraps(forward)
    def counted(input_ids: torch.Tensor, **inputs: object) -> object:
        lengths.append(input_ids.shape[1])
        return forward(input_ids=input_ids, **inputs)

    monkeypatch.setattr(asked._model, "forward", counted)
    assert [response.status for response in asked.answer(requests())] == ["ok", "ok"]
    _beginning, _rest, *passes = lengths
    assert len(passes) < 20
    assert max(passes) <= 32


def test_a_model_that_forgets_the_beginning_of_a_prompt_is_refused(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = chat(checkpoints["paligemma2"], "likelihood")
    monkeypatch.setattr(asked._model.config.text_config, "sliding_window", 32)
    with pytest.raises(
        UserError, match="whose every layer attends to all of a prompt and its answer, found DynamicSli"
    ):
        list(asked.answer(requests()))
