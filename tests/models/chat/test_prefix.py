import pytest
import torch
from imeval.models.chat import prefix as prefix_cache
from imeval.models.chat.prefix import PrefixCache, moved_to_front
from transformers import Gemma2Config, Gemma2ForCausalLM, Qwen2Config, Qwen2ForCausalLM

SIZE = {"vocab_size": 50, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2}
SIZE |= {"num_attention_heads": 2, "num_key_value_heads": 1}


def test_padding_moves_behind_the_beginning_of_each_row() -> None:
    tokens = torch.tensor([[0, 0, 1, 2, 3, 4], [1, 2, 5, 6, 7, 8], [0, 0, 0, 1, 2, 9]])
    moved = moved_to_front(tokens, torch.tensor([2, 0, 3]), 2)
    assert moved.tolist() == [[1, 2, 0, 0, 3, 4], [1, 2, 5, 6, 7, 8], [1, 2, 0, 0, 0, 9]]


def test_a_cache_is_continued_as_often_as_wanted_and_stays_as_it_was() -> None:
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(Qwen2Config(**SIZE)).eval()
    prefix = PrefixCache(model)
    beginning, rest = torch.tensor([[3, 1, 4, 1, 5]]), torch.tensor([[9, 2], [6, 5]])
    with torch.inference_mode():
        whole = model(torch.cat([beginning.expand(2, -1), rest], dim=1)).logits[:, -2:]
        for _ in range(2):
            continued = model(rest, past_key_values=prefix.after(beginning, 2)).logits
            torch.testing.assert_close(continued, whole)
        assert prefix.after(beginning, 1).get_seq_length() == 5


def test_a_cache_grows_in_place_and_further_than_its_first_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefix_cache, "_ROOM", 3)
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(Qwen2Config(**SIZE)).eval()
    prefix = PrefixCache(model)
    beginning, rest = torch.tensor([[3, 1, 4]]), torch.tensor([[1, 5, 9, 2, 6, 5, 3, 5]])
    with torch.inference_mode():
        whole = model(torch.cat([beginning, rest], dim=1)).logits[:, -8:]
        for _ in range(2):
            cache = prefix.after(beginning, 1)
            places = {cache.layers[0].keys.data_ptr()}
            steps = []
            for token in rest.split(1, dim=1):
                steps.append(model(token, past_key_values=cache).logits)
                places.add(cache.layers[0].keys.data_ptr())
            torch.testing.assert_close(torch.cat(steps, dim=1), whole)
            # Three tokens fit, and each further memory has room for a token and three more.
            assert len(places) == 3


def test_another_beginning_is_computed_anew() -> None:
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(Qwen2Config(**SIZE)).eval()
    prefix = PrefixCache(model)
    with torch.inference_mode():
        prefix.after(torch.tensor([[3, 1, 4]]), 1)
        continued = model(torch.tensor([[9]]), past_key_values=prefix.after(torch.tensor([[2, 7]]), 1)).logits
        torch.testing.assert_close(continued, model(torch.tensor([[2, 7, 9]])).logits[:, -1:])


def test_a_model_with_a_sliding_window_holds_no_prefix() -> None:
    assert PrefixCache(Qwen2ForCausalLM(Qwen2Config(**SIZE))).holds()
    assert not PrefixCache(Gemma2ForCausalLM(Gemma2Config(**SIZE, head_dim=8))).holds()
