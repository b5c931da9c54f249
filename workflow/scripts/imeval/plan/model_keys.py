"""The keys of models and encoders for planning.

The keys of a backend are the fields of its `Settings`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval, MinLen

from imeval.labels.classes import Templates
from imeval.models.facts import EntryOf, KeysOf, Keywords


@dataclass(frozen=True)
class Model:
    """Every model."""

    title: str
    """What tables call it."""

    group: Literal["mllm", "vlm", "supervised", "labels"]
    """Its block in Table 3; `labels` has none there."""

    backend: str
    """What runs it."""

    tasks: Annotated[Sequence[str], EntryOf("tasks"), MinLen(1), Keywords({"uniqueItems": True})]
    """Entries of `tasks` in tasks.yaml; classifiers and VLMs take `cw` alone."""

    published_as: str | None = None
    """
    The name of this model in the tables of `config/published`, such as `gpt_4o`, if it is another there: the paper's
    numbers of that name stand beside this model's.
    """


@dataclass(frozen=True)
class Encoder:
    """Every text encoder."""

    title: str
    """What tables call it."""

    backend: str
    """What runs it."""


@dataclass(frozen=True)
class Weights:
    """The place of weights."""

    download: str | None = None
    """An entry of `downloads` in downloads.yaml."""

    file: str | None = None
    """Path inside the package; a .gguf is converted once."""

    path: str | None = None
    """A local file or folder."""

    hub: str | None = None
    """A repository of the model hub."""

    revision: str | None = None
    """Its revision, best a commit."""


_PLACES = {
    "oneOf": [
        {"required": ["download", "file"], "maxProperties": 2},
        {"required": ["path"], "maxProperties": 1},
        {"required": ["hub", "revision"], "maxProperties": 2},
    ]
}


@dataclass(frozen=True)
class Weighted:
    """A model or encoder with weights."""

    weights: Annotated[Mapping[str, str], KeysOf(Weights), Keywords(_PLACES)]
    """Where the weights are: `download` and the `file` (or folder) inside it; or a `path`; or `hub` and `revision`."""

    parameters: Annotated[float, Gt(0)] = 1
    """The number of parameters in billions, from which a job's request to a cluster is estimated (docs/cluster.md)."""


@dataclass(frozen=True)
class ZeroShot:
    """A model that compares images with the class names."""

    templates: Templates
    """
    Prompt templates averaged in every text embedding, as in CLIP: `none`, the 7 `simple` ones, or the 80 `openai` ones.
    """


@dataclass(frozen=True)
class Averaging:
    """A model that averages the class embeddings of a classifier's top classes."""

    classifier: Annotated[str, EntryOf("models", backend="timm")]
    """The timm model whose top classes are averaged."""

    encoder: Annotated[str, EntryOf("encoders")]
    """The entry of `encoders` in whose space they are averaged."""


@dataclass(frozen=True)
class Neighbours:
    """A model that classifies by the nearest images of a gallery."""

    gallery: Annotated[str, EntryOf("image_sets")]
    """The entry of `image_sets` whose images and original labels vote, such as the training set."""


@dataclass(frozen=True)
class Parts:
    """The parts of a multimodal LLM, and how it was trained."""

    vision_backbone: str | None = None
    """For Table 7."""

    language_model: str | None = None
    """For Table 7."""

    training: str | None = None
    """
    For Table 7: its training strategy in a few words, as its own report has it. The table has the column if one model
    gives it.
    """


@dataclass(frozen=True, kw_only=True)
class Answering(Parts):
    """A model whose answers are mapped to classes."""

    encoder: Annotated[str, EntryOf("encoders")]
    """The entry of `encoders` that maps answers to class names."""

    templates: Templates
    """
    Prompt templates averaged in every text embedding, as in CLIP: `none`, the 7 `simple` ones, or the 80 `openai` ones.
    """

    context_tokens: Annotated[int, Ge(1)] = 128_000
    """
    The longest prompt that it reads. Where a class list of yours makes a longer one, at 3.5 characters a token, the run
    ends before anything is asked.
    """


@dataclass(frozen=True)
class AskedTogether:
    """A model that may be asked about several images in one request."""

    max_images_per_request: Annotated[int | None, Ge(1)] = None
    """
    The most images that it takes in one request; any number if not given. Tables that need a task with more, such as
    Tables 10 to 12, have no row of this model.
    """


@dataclass(frozen=True)
class OverHttp:
    """A model that is asked over HTTP."""

    max_error_share: Annotated[float, Interval(ge=0, le=1)] = 0.01
    """
    The share of a job's images without an answer above which the job fails; every answer is kept. The next run asks
    again for what was an error.
    """


@dataclass(frozen=True)
class Working:
    """A model whose weights a worker may hold."""

    load_once: bool = True
    """
    Whether one worker holds the weights and answers all jobs of a run, one after the other. If false each job loads
    them itself: on a cluster, the shards of a small model can then run at the same time. No answer depends on it.
    """


@dataclass(frozen=True)
class Serving:
    """A model for which the run starts a server."""

    gpus: Annotated[int, Ge(0)] = 1
    """
    GPUs that the server takes, as Snakemake counts them and a cluster reserves them. Which ones is decided by
    CUDA_VISIBLE_DEVICES.
    """


@dataclass(frozen=True, kw_only=True)
class Imported(Parts):
    """Predictions of yours, from files."""

    files: Annotated[
        Mapping[str, str],
        MinLen(1),
        Keywords({"additionalProperties": {"type": "string", "description": "The file of this task."}}),
    ]
    """
    A CSV, Parquet or JSON file for each task that has no `answers_of`: image_id with class_id, or with text, which is
    mapped like any answer; or a file as the authors of ReImageNet keep them (docs/labels.md).
    """

    column: str | None = None
    """
    For files with class ids: their column, if it is neither `class_id` nor, of the authors' files, `k_11_pred` or
    `top_1_pred`.
    """

    several: Literal["first", "any"] | None = None
    """
    For files with class ids: whether the `first` of several classes of a prediction ("639,445" or "dog; cat") counts,
    or `any` of them may be right. Without it such a file is refused.
    """

    expect_agreement: bool = True
    """
    For files with class ids: whether they are refused if they almost never agree with the original labels, as where
    class ids count from 1.
    """

    encoder: Annotated[str | None, EntryOf("encoders")] = None
    """For files with text: the entry of `encoders` that maps it to class names."""

    templates: Templates | None = None
    """For files with text: prompt templates averaged in every text embedding, as in CLIP."""

    parameters: Annotated[float | None, Gt(0)] = None
    """The number of parameters in billions, for the figure of parameters alone."""


@dataclass(frozen=True)
class OriginalLabels:
    """The original labels (ImGT) as a model, for Tables 8 and 9."""
