"""Vision-language models of open_clip, such as CLIP and SigLIP 2."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import open_clip
from annotated_types import Ge

from imeval.base.errors import mistake
from imeval.models import checkpoints
from imeval.models.facts import PART_IF_SET, Backend
from imeval.models.vision import dual_encoder
from imeval.models.vision.dual_encoder import DualEncoder
from imeval.models.vision.preprocessing import cropping, log

BACKEND = Backend(
    rules=("encode_images", "zero_shot", "embed_classes", "embed_answers"),
    embeds_class_names=True,
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("open_clip*.safetensors",),
)

# Not taken from BACKEND, which only planning reads: a change there must run no model again.
_FILES = ("*.json", "open_clip*.safetensors", "*.txt", "*.model")


@dataclass(frozen=True)
class Settings(dual_encoder.Settings):
    """A vision-language model (VLM) of open_clip.

    Any model that was published for open_clip works: the folder or repository of its weights names its architecture,
    preprocessing and tokenizer. It embeds the class names itself.
    """

    image_size: Annotated[int | None, Ge(1), PART_IF_SET] = None
    """The side of the input in pixels; the model's own if not given. The log and the provenance have it."""

    resize_mode: Annotated[Literal["shortest", "longest", "squash"] | None, PART_IF_SET] = None
    """
    How an image becomes a square: `shortest` resizes its short side and crops the centre, `squash` resizes both sides,
    and `longest` resizes its long side and fills the rest; the model's own if not given.
    """

    interpolation: Annotated[Literal["bicubic", "bilinear"] | None, PART_IF_SET] = None
    """The interpolation of the resize; the model's own if not given."""


def load(settings: Settings) -> DualEncoder:
    """Load a model with its preprocessing and tokenizer.

    Raises:
        UserError: the folder does not exist, or is not in open_clip's format with weights that fit.
    """
    folder = checkpoints.folder(settings, _FILES)
    name = f"local-dir:{folder}"
    try:
        # open_clip reads other files than safetensors with weights_only=True; a pickle could run any code.
        model = open_clip.create_model(name, require_pretrained=True, force_image_size=settings.image_size)
        tokenizer = open_clip.get_tokenizer(name)
    # The library has no error class: a wrong JSON file or state dict may raise any error.
    except Exception as error:
        expected = "a folder with open_clip_config.json, weights that fit it, and the tokenizer that it names"
        found = f"({' '.join(str(error).split())[:200]})"
        remedy = "take one that was published for open_clip"
        raise mistake(settings.weights, "weights", expected, found, remedy) from error
    return DualEncoder(settings, model, _transform(settings, model), tokenizer)


def _transform(settings: Settings, model: Any) -> Any:
    given: dict[str, Any] = {"resize_mode": settings.resize_mode, "interpolation": settings.interpolation}
    own = model.visual.preprocess_cfg | {name: value for name, value in given.items() if value}
    preprocessing = open_clip.transform.PreprocessCfg(**own)
    _, height, width = preprocessing.input_size
    facts = f"{height} x {width} pixels, {preprocessing.resize_mode}, {preprocessing.interpolation}"
    log(facts, {"image_size": settings.image_size} | given, "as the model was trained and open_clip evaluates it")
    transform = open_clip.transform.image_transform_v2(preprocessing, is_train=False)
    return cropping(transform) if preprocessing.resize_mode == "shortest" else transform
