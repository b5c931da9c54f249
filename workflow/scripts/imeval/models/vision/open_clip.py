"""Vision-language models of open_clip, such as CLIP and SigLIP 2."""

from dataclasses import dataclass

import open_clip

from imeval.base.errors import mistake
from imeval.models import checkpoints
from imeval.models.facts import Backend
from imeval.models.vision import dual_encoder
from imeval.models.vision.dual_encoder import DualEncoder

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


def load(settings: Settings) -> DualEncoder:
    """Load a model with its preprocessing and tokenizer.

    Raises:
        UserError: the folder does not exist, or is not in open_clip's format with weights that fit.
    """
    folder = checkpoints.folder(settings, _FILES)
    name = f"local-dir:{folder}"
    try:
        # open_clip reads other files than safetensors with weights_only=True; a pickle could run any code.
        model = open_clip.create_model(name, require_pretrained=True)
        tokenizer = open_clip.get_tokenizer(name)
    # The library has no error class: a wrong JSON file or state dict may raise any error.
    except Exception as error:
        expected = "a folder with open_clip_config.json, weights that fit it, and the tokenizer that it names"
        found = f"({' '.join(str(error).split())[:200]})"
        remedy = "take one that was published for open_clip"
        raise mistake(settings.weights, "weights", expected, found, remedy) from error
    preprocessing = open_clip.transform.PreprocessCfg(**model.visual.preprocess_cfg)
    transform = open_clip.transform.image_transform_v2(preprocessing, is_train=False)
    return DualEncoder(settings, model, transform, tokenizer)
