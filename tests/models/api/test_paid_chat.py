from pathlib import Path

import pytest
from imeval.asking.prompts import Message
from imeval.models.api import openai_api
from imeval.models.api.openai import load
from imeval.models.api.openai_api import Settings

MESSAGES = [Message("user", ("What is it?",))]


def settings(store: Path, **changes: object) -> Settings:
    return Settings("gpt", str(store), prices={"input": 1.0, "output": 2.0}, **changes)


@pytest.mark.parametrize("batch", [False, True])
def test_a_model_is_the_same_asked_directly_and_in_batches(tmp_path: Path, batch: bool) -> None:
    chat = load(settings(tmp_path, batch=batch))
    assert chat.identity == openai_api.identity(settings(tmp_path))
    assert "What is it?" in chat.rendered(MESSAGES)
    assert chat.paid() == load(settings(tmp_path)).paid()
