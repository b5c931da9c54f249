from pathlib import Path

import pytest
import torch
from imeval.asking.chat import AnswerSet, Choice
from imeval.base.errors import UserError
from imeval.models.chat.language_model import LanguageModel
from imeval.models.chat.settings import Settings
from transformers import AutoModelForCausalLM, AutoTokenizer

BEGINNING = "the photograph shows a hen , a tench , a hen . "
RESTS = ["what is it ?", "a tench", "very probably less", "what is it ?", "hen", "the photograph", "a a a hen tench ."]


NAMES = ("hen", "hen it", "hen it is", "tench", "a photograph", "a hen . what is it", "very probably less", "a tench")


def language_model(folder: Path, max_new_tokens: int = 6, choice: Choice | None = None) -> LanguageModel:
    answers = AnswerSet(NAMES, choice) if choice else None
    settings = Settings(str(folder), device="cpu", threads=1)
    return LanguageModel(settings, max_new_tokens=max_new_tokens, answers=answers)


def plainly(folder: Path, text: str, max_new_tokens: int = 6) -> torch.Tensor:
    """Return the tokens that transformers generates with a separate cache for every text."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder).eval()
    tokens = tokenizer(text, return_tensors="pt").input_ids
    return model.generate(tokens, max_new_tokens=max_new_tokens, do_sample=False)[0, tokens.shape[1] :]


def test_the_shared_beginning_changes_no_token(language_model_folder: Path) -> None:
    model, tokenizer = language_model(language_model_folder), AutoTokenizer.from_pretrained(language_model_folder)
    for rest in RESTS:
        expected = tokenizer.decode(plainly(language_model_folder, BEGINNING + rest), skip_special_tokens=True)
        assert model.complete(BEGINNING, rest).text == expected


def test_an_answer_does_not_depend_on_the_ones_before(language_model_folder: Path) -> None:
    shared = language_model(language_model_folder)
    texts = [(BEGINNING, rest) for rest in RESTS] + [("a hen . ", "what is it ?"), (BEGINNING, "hen")]
    assert [shared.complete(*text) for text in texts] == [
        language_model(language_model_folder).complete(*text) for text in texts
    ]


def test_the_beginning_is_computed_once(language_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, lengths = language_model(language_model_folder), []
    forward = model._model.forward

    def counted(input_ids: torch.Tensor, **arguments: object) -> object:
        lengths.append(input_ids.shape[1])
        return forward(input_ids=input_ids, **arguments)

    monkeypatch.setattr(model._model, "forward", counted)
    for rest in RESTS:
        model.complete(BEGINNING, rest)
    assert lengths.count(12) == 1
    assert max(lengths) == 12


def test_tokens_are_counted_and_an_answer_at_its_limit_is_cut_off(language_model_folder: Path) -> None:
    answers = [language_model(language_model_folder, 8).complete(BEGINNING, rest) for rest in RESTS]
    written = [plainly(language_model_folder, BEGINNING + rest, 8).tolist() for rest in RESTS]
    assert [answer.output_tokens for answer in answers] == [len(tokens) for tokens in written]
    assert [answer.cut_off for answer in answers] == [tokens[-1] != 1 for tokens in written]
    assert {answer.cut_off for answer in answers} == {True, False}
    assert answers[0].input_tokens == 12 + 4


def name_scores(folder: Path, text: str) -> torch.Tensor:
    """Return the log-probability of every name and its end after a text, each from a separate forward pass."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder).eval()
    scores = []
    for name in NAMES:
        prompt, answer = (tokenizer(part, return_tensors="pt").input_ids for part in (text, f"{name} <end>"))
        with torch.inference_mode():
            logits = model(torch.cat([prompt, answer], dim=1)).logits[0, prompt.shape[1] - 1 : -1]
        scores.append(logits.log_softmax(dim=-1).gather(1, answer[0].unsqueeze(1)).sum())
    return torch.stack(scores)


def test_the_likeliest_name_is_that_of_all_names_computed_one_by_one(language_model_folder: Path) -> None:
    lengths = torch.tensor([len(name.split()) + 1 for name in NAMES])
    chosen, chosen_per_token = (
        language_model(language_model_folder, choice=choice) for choice in ("likelihood", "mean_likelihood")
    )
    for rest in RESTS:
        scores = name_scores(language_model_folder, BEGINNING + rest)
        answer, answer_per_token = chosen.complete(BEGINNING, rest), chosen_per_token.complete(BEGINNING, rest)
        assert answer.text == NAMES[scores.argmax()]
        assert answer_per_token.text == NAMES[(scores / lengths).argmax()]
        assert (answer.output_tokens, answer.cut_off) == (lengths[scores.argmax()], False)


def test_a_constrained_answer_is_a_name_that_has_ended(language_model_folder: Path) -> None:
    model = language_model(language_model_folder, choice="constrained")
    answers = [model.complete(BEGINNING, rest) for rest in RESTS]
    assert {answer.text for answer in answers} <= set(NAMES)
    assert len({answer.text for answer in answers}) > 1
    assert not any(answer.cut_off for answer in answers)


def test_a_prompt_longer_than_the_context_is_refused(language_model_folder: Path) -> None:
    with pytest.raises(UserError, match="prompt: expected at most 64 tokens, found 60 and up to 6 more for the answer"):
        language_model(language_model_folder).complete("hen " * 59, "hen")
