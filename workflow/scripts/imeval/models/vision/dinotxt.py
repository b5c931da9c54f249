"""dino.txt: DINOv3 with the text encoder that was trained for it, built by a local clone of DINOv3's repository."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torchvision.transforms import v2

from imeval.base.errors import mistake
from imeval.labels.classes import package_file
from imeval.models import checkpoints, compute
from imeval.models.backend import Backend
from imeval.models.vision.dual_encoder import DualEncoder

BACKEND = Backend(
    rules=("encode_images", "zero_shot", "embed_classes"),
    embeds_class_names=True,
)

_RESIZE = 256 / 224
"""What DINOv3 resizes the short side to, of the crop that it takes from the middle."""

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Settings:
    """A model of dino.txt.

    `repository` is the folder of the clone, `architecture` an entry of its hubconf.py that returns model and
    tokenizer, `weights` the file of the text encoder and the vision head, `backbone` that of the vision backbone.
    """

    architecture: str
    repository: str
    weights: str
    backbone: str
    revision: None = None
    precision: compute.Precision = "fp32"
    device: compute.Device = "auto"
    threads: int = 2
    batch_size: int = 32
    image_size: int = 224


def load(settings: Settings) -> DualEncoder:
    """Build the model and load its weights.

    Raises:
        UserError: no clone, no such entry in it, no weights or other ones.
    """
    model, tokenizer = _load(settings)
    return DualEncoder(settings, model, _transform(settings.image_size), tokenizer.tokenize)


def _load(settings: Settings) -> tuple[Any, Any]:
    checkpoints.require(settings)
    vocabulary = str(package_file("open_clip", "bpe_simple_vocab_16e6.txt.gz"))
    try:
        # Without weights: the repository's own way to load them unpickles whatever a file holds.
        model, tokenizer = torch.hub.load(
            settings.repository, settings.architecture, source="local", pretrained=False, bpe_path_or_url=vocabulary
        )
    # The clone's code raises whatever it stumbles on.
    except Exception as error:
        expected = f"a clone of DINOv3's repository with the entry {settings.architecture}"
        remedy = "clone github.com/facebookresearch/dinov3 there, or correct repository or architecture"
        raise mistake(settings.repository, "repository", expected, f"({error!r})", remedy) from error
    _read_weights(model.visual_model.backbone, settings.backbone, "backbone", ())
    _read_weights(model, settings.weights, "weights", ("visual_model.backbone.",))
    return model, tokenizer


def _read_weights(module: Any, path: str, key: str, read_before: tuple[str, ...]) -> None:
    """Read a file into a module: all its parameters but for those that another file gave."""
    try:
        state = torch.load(Path(path), map_location="cpu", weights_only=True)
        missing, unexpected = module.load_state_dict(state, strict=False)
    # A file can be none, no weights, or those of any other model.
    except Exception as error:
        found = f"({' '.join(str(error).split())[:200]})"
        raise mistake(path, key, "the weights of the architecture", found, "download them again") from error
    lacking = [name for name in missing if not name.startswith(read_before)]
    if lacking or unexpected:
        found = f"{len(lacking)} missing and {len(unexpected)} others, such as {(lacking + unexpected)[0]}"
        raise mistake(path, key, "the weights of the architecture", found, "name the file that belongs to it")


def _transform(size: int) -> Any:
    return v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(int(size * _RESIZE), interpolation=v2.InterpolationMode.BICUBIC),
            v2.CenterCrop(size),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(_MEAN, _STD),
        ]
    )
