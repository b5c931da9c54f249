"""dino.txt: DINOv3 with its text encoder, built by a local clone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from annotated_types import Ge
from torchvision.transforms import v2

from imeval.base.errors import mistake
from imeval.labels.classes import package_file
from imeval.models import checkpoints
from imeval.models.facts import LOCAL_PATH, Backend
from imeval.models.vision import dual_encoder
from imeval.models.vision.dual_encoder import DualEncoder

BACKEND = Backend(
    rules=("encode_images", "zero_shot", "embed_classes"),
    embeds_class_names=True,
)

_RESIZE = 256 / 224
"""The short side after DINOv3's resize, as a multiple of the side of its centre crop."""

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Settings(dual_encoder.Settings):
    """dino.txt: DINOv3 with a text encoder, from a clone of its repository.

    `weights` holds the text encoder and the vision head. The model embeds the class names itself.
    """

    architecture: str
    """The entry of the clone's hubconf.py that returns model and tokenizer."""

    repository: Annotated[str, LOCAL_PATH]
    """The folder of the clone of github.com/facebookresearch/dinov3, whose code is run."""

    backbone: Annotated[str, LOCAL_PATH]
    """The file of the vision backbone's weights."""

    image_size: Annotated[int, Ge(1)] = 224
    """The side of the input in pixels."""


def load(settings: Settings) -> DualEncoder:
    """Build the model and load its weights.

    Raises:
        UserError: the clone or its entry does not exist, or the weights are missing or belong to another model.
    """
    model, tokenizer = _load(settings)
    return DualEncoder(settings, model, _transform(settings.image_size), tokenizer.tokenize)


def _load(settings: Settings) -> tuple[Any, Any]:
    checkpoints.require(settings)
    # open_clip's copy of the vocabulary: without a path DINOv3's code downloads its own.
    vocabulary = str(package_file("open_clip", "bpe_simple_vocab_16e6.txt.gz"))
    try:
        # pretrained=False: the repository's own code would unpickle whatever a file of weights holds.
        model, tokenizer = torch.hub.load(
            settings.repository, settings.architecture, source="local", pretrained=False, bpe_path_or_url=vocabulary
        )
    # The clone's code may raise anything.
    except Exception as error:
        expected = f"a clone of DINOv3's repository with the entry {settings.architecture}"
        remedy = "clone github.com/facebookresearch/dinov3 there, or correct repository or architecture"
        raise mistake(settings.repository, "repository", expected, f"({error!r})", remedy) from error
    _read_weights(model.visual_model.backbone, settings.backbone, "backbone", ())
    _read_weights(model, settings.weights, "weights", ("visual_model.backbone.",))
    return model, tokenizer


def _read_weights(module: Any, path: str, key: str, read_before: tuple[str, ...]) -> None:
    """Load a module's parameters from a file.

    All must be in the file, except those whose name starts with one of `read_before`.
    """
    try:
        state = torch.load(Path(path), map_location="cpu", weights_only=True)
        # Not strict, as the parameters that were read before may be missing here.
        missing, unexpected = module.load_state_dict(state, strict=False)
    # A missing file, one without weights and one of another model each raise another error.
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
