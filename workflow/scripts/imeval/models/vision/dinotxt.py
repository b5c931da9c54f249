"""dino.txt: DINOv3 with its text encoder, built by a local clone."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from annotated_types import Ge
from torchvision.transforms import v2

from imeval.base.errors import UserError, mistake, one_line
from imeval.base.suggestions import did_you_mean
from imeval.labels.classes import package_file
from imeval.models import checkpoints
from imeval.models.facts import LOCAL_PATH, Backend
from imeval.models.vision import dual_encoder
from imeval.models.vision.dual_encoder import DualEncoder
from imeval.models.vision.preprocessing import cropping, log

BACKEND = Backend(
    rules=("encode_images", "zero_shot", "embed_classes"),
    embeds_class_names=True,
)

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Settings(dual_encoder.Settings):
    """dino.txt: DINOv3 with a text encoder, from a clone of its repository.

    `weights` holds the text encoder and the vision head. The model embeds the class names itself.
    """

    architecture: str
    """The entry of the clone's hubconf.py that returns model and tokenizer."""

    repository: Annotated[str, LOCAL_PATH]
    """
    The folder of a clone of github.com/facebookresearch/dinov3. The code of its hubconf.py, and whatever that imports,
    runs in the job: look at what you clone.
    """

    backbone: Annotated[str, LOCAL_PATH]
    """The file of the vision backbone's weights."""

    image_size: Annotated[int, Ge(1)] = 512
    """The side of the centre crop in pixels; the default is that of DINOv3's own zero-shot evaluation."""

    resize: Annotated[int | None, Ge(1)] = None
    """The short side in pixels after the resize, before the crop; `image_size` if not given, as in DINOv3's own."""


def load(settings: Settings) -> DualEncoder:
    """Build the model and load its weights.

    Raises:
        UserError: the clone or its entry does not exist, or the weights are missing or belong to another model.
    """
    model, tokenizer = _load(settings)
    return DualEncoder(settings, model, _transform(settings), tokenizer.tokenize)


def _load(settings: Settings) -> tuple[Any, Any]:
    checkpoints.require(settings)
    # open_clip's copy of the vocabulary: without a path DINOv3's code downloads its own.
    vocabulary = str(package_file("open_clip", "bpe_simple_vocab_16e6.txt.gz"))
    folder, entry = Path(settings.repository), settings.architecture
    if not (folder / "hubconf.py").is_file():
        remedy = "clone github.com/facebookresearch/dinov3 there, or correct the path"
        raise mistake(folder, "repository", "a clone of DINOv3's repository with its hubconf.py", "none", remedy)
    try:
        # pretrained=False: the repository's own code would unpickle whatever a file of weights holds.
        model, tokenizer = torch.hub.load(
            settings.repository, entry, source="local", pretrained=False, bpe_path_or_url=vocabulary
        )
    # The clone's code may raise anything.
    except Exception as error:
        raise _failure(settings, error) from error
    _read_weights(model.visual_model.backbone, settings.backbone, "backbone", ())
    _read_weights(model, settings.weights, "weights", ("visual_model.backbone.",))
    return model, tokenizer


def _failure(settings: Settings, error: Exception) -> UserError:
    """Return why a clone gives no model."""
    folder, entry = Path(settings.repository), settings.architecture
    if isinstance(error, ModuleNotFoundError) and error.name:
        found = f"none, which {folder / 'hubconf.py'} imports"
        if error.name.partition(".")[0] == "dinov3":
            return mistake(folder, "repository", f"the module {error.name}", found, "clone the whole repository again")
        remedy = "install the packages of requirements.txt in this environment"
        return mistake("environment", "package", error.name, found, remedy)
    entries = re.findall(r"\b\w*dinotxt\w*\b", (folder / "hubconf.py").read_text(errors="replace"))
    if entry not in entries:
        expected = f"an entry of {folder / 'hubconf.py'}"
        return mistake("models", "architecture", expected, f"'{entry}'", did_you_mean(entry, entries))
    expected = f"code that returns model and tokenizer of {entry}"
    return mistake(folder, "repository", expected, f"({one_line(error)})", "check out another version of it")


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


def _transform(settings: Settings) -> Any:
    size, resize = settings.image_size, settings.resize or settings.image_size
    given = {"image_size": None if size == Settings.image_size else size, "resize": settings.resize}
    log(f"short side {resize}, crop of {size} x {size} pixels, bicubic", given, "as DINOv3 evaluates the model")
    transform = v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(resize, interpolation=v2.InterpolationMode.BICUBIC),
            v2.CenterCrop(size),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(_MEAN, _STD),
        ]
    )
    return cropping(transform)
