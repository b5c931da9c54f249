"""VLMs of open_clip: CLIP, SigLIP, SigLIP 2 and every other model published for it; images and texts in one space."""

from dataclasses import dataclass

import open_clip

from imeval.base.errors import mistake
from imeval.models import checkpoints, compute
from imeval.models.backend import Backend
from imeval.models.vision.dual_encoder import DualEncoder

BACKEND = Backend(
    rules=("encode_images", "zero_shot", "embed_classes", "embed_answers"),
    embeds_class_names=True,
    hub_settings=("*.json", "*.txt", "*.model", "*.jinja"),
    hub_weights=("open_clip*.safetensors",),
)

_FILES = ("*.json", "open_clip*.safetensors", "*.txt", "*.model")


@dataclass(frozen=True)
class Settings:
    """A model; `weights` is a folder in open_clip's own format, or a repository of the model hub at `revision`.

    The folder says what the architecture, the preprocessing and the tokenizer are.
    """

    weights: str
    revision: str | None = None
    precision: compute.Precision = "fp32"
    device: compute.Device = "auto"
    threads: int = 2
    batch_size: int = 32


def load(settings: Settings) -> DualEncoder:
    """Load the weights.

    Raises:
        UserError: no such folder, or none in open_clip's format with weights that fit.
    """
    folder = checkpoints.folder(settings, _FILES)
    name = f"local-dir:{folder}"
    try:
        # Reads weights that are no safetensors with weights_only=True: a pickle could run any code.
        model = open_clip.create_model(name, require_pretrained=True)
        tokenizer = open_clip.get_tokenizer(name)
    # A folder can be wrong in any way that a JSON file and a state dict can.
    except Exception as error:
        expected = "a folder with open_clip_config.json, weights that fit it, and the tokenizer that it names"
        found = f"({' '.join(str(error).split())[:200]})"
        remedy = "take one that was published for open_clip"
        raise mistake(settings.weights, "weights", expected, found, remedy) from error
    preprocessing = open_clip.transform.PreprocessCfg(**model.visual.preprocess_cfg)
    transform = open_clip.transform.image_transform_v2(preprocessing, is_train=False)
    return DualEncoder(settings, model, transform, tokenizer)
