import pytest
import tiny_checkpoints
from imeval.base.errors import UserError
from imeval.models.chat.name_trie import Node, name_tokens, name_trie
from models.conftest import word_tokenizer

TOKENIZER = tiny_checkpoints.tokenizer(("<|im_end|>",))


def texts(opening: str, reply: str, *names: str) -> list[str]:
    return [TOKENIZER.decode(tokens) for tokens in name_tokens(TOKENIZER, opening, reply, names)]


def test_a_trie_shares_what_names_begin_with_and_knows_the_longest_below() -> None:
    tiger, shark = Node({}, True, 3), Node({}, True, 4)
    assert name_trie([(5, 7, 9), (5, 6), (5,)]) == Node(
        {5: Node({7: Node({9: shark}, False, 4), 6: tiger}, True, 4)}, False, 4
    )


@pytest.mark.parametrize(
    ("opening", "reply", "first"),
    [
        ("<s>assistant\n", "<s>assistant\ntench<|im_end|>\n", "tench"),
        ("ASSISTANT:", "ASSISTANT: tench<|im_end|>", " tench"),
        # A template that writes an answer of the past in another way tells nothing.
        ("assistant\n", "assistant \ntench<|im_end|>", "tench"),
        ("assistant\n", "assistant\n<think></think>tench", "tench"),
        ("", "", "tench"),
    ],
)
def test_a_name_is_written_as_the_chat_template_writes_an_answer(opening: str, reply: str, first: str) -> None:
    assert texts(opening, reply, "tench", "hen") == [first, first.replace("tench", "hen")]


def test_a_name_that_stands_twice_is_one_answer() -> None:
    assert texts("", "", "missile", "hen", "missile") == ["missile", "hen"]


def test_a_name_that_the_tokenizer_cannot_write_is_refused() -> None:
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=word_tokenizer(["<unknown>"]), unk_token="<unknown>")
    with pytest.raises(UserError) as caught:
        name_tokens(tokenizer, "", "", ["hen", "axolotl"])
    assert str(caught.value) == (
        "class names: tokens: expected tokens that the model reads as 'axolotl', found ''; "
        "give the class another name in image_sets.<name>.class_names"
    )
