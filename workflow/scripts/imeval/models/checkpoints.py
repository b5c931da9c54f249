"""Weights: which ones they are, that they are there, and the conversion of those that take long to read."""

import logging
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import hf_hub_download, snapshot_download

from imeval.base.errors import mistake
from imeval.base.files import fingerprint, replacing_folder

_COMMIT = re.compile("[0-9a-f]{40}")

_NEVER_CHANGE_AN_ANSWER = frozenset({"device", "device_map", "threads", "batch_size"})


class WeightSettings(Protocol):
    """Settings of a backend with weights; without a revision they are a local file or folder."""

    @property
    def weights(self) -> str:
        """A path, or a repository of the model hub."""

    @property
    def revision(self) -> str | None:
        """The repository's revision; None for a path."""


def require(settings: WeightSettings) -> None:
    """Check that local weights are there, before a library takes their path for a name on the model hub.

    Raises:
        UserError: neither a file nor a folder.
    """
    if settings.revision is None and not Path(settings.weights).exists():
        remedy = "correct the path, or give the revision of a repository on the model hub"
        raise mistake(settings.weights, "weights", "a file or folder", "none", remedy)


def folder(settings: WeightSettings, files: Sequence[str]) -> Path:
    """Return the folder of weights, fetched from the model hub where they have a revision.

    Args:
        settings: whose weights.
        files: patterns of the files that are fetched; a pickle is never among them.

    Raises:
        UserError: no such folder.
    """
    require(settings)
    if settings.revision is None:
        return Path(settings.weights)
    return Path(snapshot_download(settings.weights, revision=settings.revision, allow_patterns=list(files)))


def identity(settings: WeightSettings) -> dict[str, Any]:
    """Return what of a model's settings determines its answers: all but where it runs, and the weights themselves.

    Local weights are their content's hash, so that a moved folder is the same model and a changed one is not. A
    branch of the model hub, such as main, is the commit it stands for now: another one's answers are never mixed in.
    """
    require(settings)
    # WeightSettings are dataclasses, which no protocol can say.
    kept = {key: value for key, value in asdict(settings).items() if key not in _NEVER_CHANGE_AN_ANSWER}  # type: ignore[call-overload]
    if settings.revision is None:
        kept["weights"] = fingerprint(settings.weights)
    elif not _COMMIT.fullmatch(settings.revision):
        kept["revision"] = _commit(settings.weights, settings.revision)
    return kept


def _commit(repository: str, revision: str) -> str:
    """Return the commit of a branch or tag, the one in the cache without a network; itself if neither knows it."""
    try:
        return Path(hf_hub_download(repository, "config.json", revision=revision)).parent.name
    except OSError as error:
        logging.warning(
            "Answers are kept by the revision %s of %s: its commit is unknown (%s)", revision, repository, error
        )
        return revision


def convert_gguf(gguf: str | Path, folder: str | Path) -> None:
    """Convert a language model from GGUF into a folder that transformers loads in a second.

    The folder holds safetensors weights in fp32, configuration, tokenizer and chat template; it is there whole or
    not at all.

    Raises:
        UserError: the file is not there or no GGUF of a language model.
    """
    gguf = Path(gguf)
    with replacing_folder(folder) as partial:
        try:
            _convert(gguf, partial)
        # The reader raises whatever it stumbles on: OSError, ValueError, KeyError, struct.error, ...
        except Exception as error:
            raise mistake(
                gguf, "file", "a whole GGUF file of a language model", f"({error})", "fetch it again"
            ) from error


def _convert(gguf: Path, folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    read = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # A model read from GGUF counts as quantized and refuses to be saved; a plain one takes over its weights.
    if hasattr(read.config, "quantization_config"):
        del read.config.quantization_config
    plain = AutoModelForCausalLM.from_config(read.config)
    plain.load_state_dict(read.state_dict())
    plain.generation_config = read.generation_config
    plain.save_pretrained(folder)
    # The library leaves the weights to their owner alone; a cluster's users share them.
    for path in folder.iterdir():
        path.chmod(0o644)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)
