"""Weights of models: their settings and identity, and GGUF files."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from huggingface_hub import hf_hub_download, snapshot_download

from imeval.base.errors import mistake
from imeval.base.files import fingerprint, replacing_folder
from imeval.models import compute
from imeval.models.facts import SET_BY_THE_WORKFLOW
from imeval.models.unset import unset

_COMMIT = re.compile("[0-9a-f]{40}")

# Every other setting is part of a model's identity, so a change of it asks for all answers again.
# What `checkpoint_decoding` changes is in the identity as `switched_off`.
_LEFT_OUT = frozenset({"device", "device_map", "threads", "batch_size", "checkpoint_decoding"})


@dataclass(frozen=True)
class Settings:
    """The settings of every backend that loads weights in its job."""

    weights: Annotated[str, SET_BY_THE_WORKFLOW]
    """A local file or folder, or a repository of the model hub."""

    _: KW_ONLY

    revision: Annotated[str | None, SET_BY_THE_WORKFLOW] = None
    """The repository's revision; None for a local file or folder."""

    precision: compute.Precision = "fp32"
    """The arithmetic of the forward pass."""

    device: Annotated[compute.Device, SET_BY_THE_WORKFLOW] = "auto"
    """The device of the model."""

    threads: Annotated[int, SET_BY_THE_WORKFLOW] = 2
    """The number of CPU threads."""


def require(settings: Settings) -> None:
    """Raise if local weights are missing.

    Without this check a library takes a wrong path for a name on the model hub.

    Raises:
        UserError: there is neither a file nor a folder.
    """
    if settings.revision is None and not Path(settings.weights).exists():
        remedy = "correct the path, or give the revision of a repository on the model hub"
        raise mistake(settings.weights, "weights", "a file or folder", "none", remedy)


def folder(settings: Settings, files: Sequence[str]) -> Path:
    """Return the folder of weights, fetched if they have a revision.

    Args:
        settings: the settings that name the weights.
        files: patterns of the files to fetch; a pickle must not match them.

    Raises:
        UserError: the folder does not exist.
    """
    require(settings)
    if settings.revision is None:
        return Path(settings.weights)
    return Path(snapshot_download(settings.weights, revision=settings.revision, allow_patterns=list(files)))


def identity(settings: Settings) -> dict[str, Any]:
    """Return the settings that determine a model's answers.

    Local weights are given by the hash of their content: a moved folder is the same model, a changed one is another. A
    branch of the model hub, such as main, is given by its present commit: answers of different commits are never mixed.
    A setting marked PART_IF_SET that has its default is left out.
    """
    require(settings)
    left_out = _LEFT_OUT | unset(settings)
    kept = {key: value for key, value in asdict(settings).items() if key not in left_out}
    if settings.revision is None:
        kept["weights"] = fingerprint(settings.weights)
    elif not _COMMIT.fullmatch(settings.revision):
        kept["revision"] = _commit(settings.weights, settings.revision)
    return kept


def _commit(repository: str, revision: str) -> str:
    """Return the commit of a branch or tag, its name if unknown.

    Without a network it is the commit in the cache, if any.
    """
    try:
        return Path(hf_hub_download(repository, "config.json", revision=revision)).parent.name
    except OSError as error:
        logging.warning(
            "The commit of revision %s of %s is unknown (%s); answers are kept under the revision's name",
            revision,
            repository,
            error,
        )
        return revision


def convert_gguf(gguf: str | Path, converted: str | Path) -> None:
    """Convert a language model in GGUF into a folder for transformers.

    It has safetensors weights in fp32, configuration, tokenizer and chat template, and appears only when complete.

    Raises:
        UserError: the file does not exist, or is no GGUF file of a language model.
    """
    gguf = Path(gguf)
    with replacing_folder(converted) as partial:
        try:
            with _parsed_once():
                _convert(gguf, partial)
        # The reader has no error class: it raises OSError, ValueError, KeyError, struct.error, ...
        except Exception as error:
            expected = "a whole GGUF file of a language model"
            raise mistake(gguf, "file", expected, f"({error})", "fetch it again") from error


@contextmanager
def _parsed_once() -> Iterator[None]:
    """Let transformers parse a GGUF file once.

    It would do so for the configuration, the weights and the tokenizer, and make its table of names for each layer.
    """
    gguf: Any = import_module("gguf")
    reader, name_map = gguf.GGUFReader, gguf.get_tensor_name_map

    class Reader(reader):  # type: ignore[misc, valid-type]  # the library has no types
        """A reader of a plain array.

        A million slices of a memory map take seconds.
        """

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value.view(np.ndarray) if name == "data" else value)

    gguf.GGUFReader, gguf.get_tensor_name_map = cache(Reader), cache(name_map)
    try:
        yield
    finally:
        gguf.GGUFReader, gguf.get_tensor_name_map = reader, name_map


def _convert(gguf: Path, converted: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    read = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # transformers refuses to save a model read from GGUF, which it takes for quantized: copy its weights into a plain
    # model.
    if hasattr(read.config, "quantization_config"):
        del read.config.quantization_config
    # On "meta" no random weights are drawn.
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(read.config)
    plain.load_state_dict(read.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = read.generation_config
    plain.save_pretrained(converted)
    # The library makes the weights readable for their owner only, but the users of a cluster share them.
    for path in converted.iterdir():
        path.chmod(0o644)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(converted)
