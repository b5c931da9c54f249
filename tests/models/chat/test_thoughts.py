import pytest
import tiny_checkpoints
from imeval.asking.clean_text import unwrapped
from imeval.models.chat import thoughts


@pytest.mark.parametrize(
    ("prompt", "tag"),
    [
        ("<|im_start|>assistant\n<think>\n", "<think>\n"),
        ("assistant: [THINK]", "[THINK]"),
        ("◁think▷", "◁think▷"),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", ""),
        ("<|im_start|>assistant\n", ""),
        ("Is it <b>", ""),
        ("", ""),
    ],
)
def test_a_tag_at_the_end_of_a_prompt_opens_a_thought(prompt: str, tag: str) -> None:
    assert thoughts.opened(prompt) == tag


@pytest.mark.parametrize("tag", ["think", "THINK"])
def test_special_tokens_are_left_out_but_for_the_tags_of_thoughts(tag: str) -> None:
    opens, closes = ("<think>", "</think>") if tag == "think" else ("[THINK]", "[/THINK]")
    tokenizer = tiny_checkpoints.tokenizer(("<|im_end|>", "<|image_pad|>", opens, closes))
    kept = thoughts.tags(tokenizer)
    assert sorted(kept.values()) == sorted([opens, closes])
    tokens = tokenizer(f"{opens}a hen? no{closes} tench<|im_end|>").input_ids
    text = thoughts.decoded(tokenizer, tokens, kept)
    assert text == f"{opens}a hen? no{closes} tench"
    assert unwrapped(text) == "tench"
    assert unwrapped(tokenizer.decode(tokens, skip_special_tokens=True)) == "a hen? no tench"


def test_a_text_without_thoughts_is_decoded_in_one_piece() -> None:
    tokenizer = tiny_checkpoints.tokenizer(("<|im_end|>",))
    tokens = tokenizer("great white shark, é<|im_end|>").input_ids
    assert thoughts.decoded(tokenizer, tokens, thoughts.tags(tokenizer)) == "great white shark, é"


def test_tags_with_names_of_the_users_stay_in_the_text_and_others_do_not() -> None:
    tokenizer = tiny_checkpoints.tokenizer(("<|im_end|>", "<musing>", "</musing>", "<think>", "</think>"))
    kept = thoughts.tags(tokenizer, ["musing"])
    assert sorted(kept.values()) == ["</musing>", "<musing>"]
    tokens = tokenizer("<musing>a hen? no</musing> tench<|im_end|>").input_ids
    text = thoughts.decoded(tokenizer, tokens, kept)
    assert text == "<musing>a hen? no</musing> tench"
    assert unwrapped(text, ["musing"]) == "tench"
    assert thoughts.opened("<|im_start|>assistant\n<musing>\n", ["musing"]) == "<musing>\n"
    assert thoughts.opened("<|im_start|>assistant\n<think>\n", ["musing"]) == ""
