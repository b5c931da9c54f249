import numpy as np
import polars as pl
import torch
from imeval.base import vectors
from imeval.models.contract import ImageEmbeddings
from imeval.models.vision.dual_encoder import DualEncoder, Settings
from models.conftest import photographs
from PIL import Image


class Toy(torch.nn.Module):
    """Towers without weights: an image becomes its mean colour, a text its tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def encode_image(self, pixels: torch.Tensor) -> torch.Tensor:
        return self._counted(pixels).mean(dim=(2, 3))

    def encode_text(self, tokens: torch.Tensor) -> torch.Tensor:
        return self._counted(tokens).float()

    def _counted(self, inputs: torch.Tensor) -> torch.Tensor:
        self.batches.append(len(inputs))
        return inputs


def prepare(image: Image.Image) -> torch.Tensor:
    pixels = np.asarray(image.convert("RGB").resize((8, 8)), dtype=np.float32)
    return torch.from_numpy(pixels).permute(2, 0, 1) / 255


def tokenize(texts: list[str]) -> torch.Tensor:
    return torch.tensor([[len(text), text.count(" ")] for text in texts])


def encoder(**settings: object) -> tuple[DualEncoder, Toy]:
    toy = Toy()
    return DualEncoder(Settings("toy", device="cpu", threads=1, **settings), toy, prepare, tokenize), toy


def test_images_become_unit_vectors_in_their_order_in_batches() -> None:
    dual, toy = encoder(batch_size=2)
    frame = photographs("a", "b", "c")
    found = ImageEmbeddings.validate(pl.concat(dual.embed_images([frame])))
    assert found["image_id"].to_list() == ["a", "b", "c"]
    np.testing.assert_allclose(np.linalg.norm(vectors.as_matrix(found["vector"]), axis=1), 1, rtol=1e-6)
    assert toy.batches == [2, 1]


def test_texts_become_one_float32_vector_each_in_their_order() -> None:
    dual, toy = encoder(batch_size=2)
    found = dual.embed(["hen", "a photo of a hen", "cock"])
    assert found.tolist() == [[3.0, 0.0], [16.0, 4.0], [4.0, 0.0]]
    assert found.dtype == np.float32
    assert toy.batches == [2, 1]


def test_no_image_gives_no_vector() -> None:
    dual, _ = encoder()
    assert list(dual.embed_images([])) == []
