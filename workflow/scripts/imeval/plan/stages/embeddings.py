"""The plan of rules/embeddings.smk: text encoders, and what they embed."""

import re
from collections.abc import Mapping
from typing import Any

from imeval.plan import paths, resources
from imeval.plan.entries import Entries, Entry, fetched_weights
from imeval.plan.input_functions import plans_jobs
from imeval.plan.resources import Demand, Work
from imeval.plan.stages.inference import InferencePlan
from imeval.plan.wildcards import Wildcards

IMAGES_OF_THE_CLASSES, IMAGES_OF_AN_ANSWER = 1600, 1.6
"""The work of the class names in 80 templates, and of the answers about an image, in images' tokens."""


@plans_jobs
class EmbeddingPlan:
    """The plan of embedding class names, images and answers."""

    entries: Entries
    inference: InferencePlan

    # The space in which answers are mapped.

    def text_space(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the encoder and templates of a job."""
        return self.space_of(wildcards.model, wildcards.get("task"))

    def space_of(self, model: str, task: str | None) -> dict[str, str]:
        """Return the encoder and templates of a task.

        The task's variant decides both, or else the model. A model without an encoder embeds texts itself.
        """
        variant = self.entries.task(task) if task is not None else {}
        merged = {"encoder": model} | dict(self.entries.model(model)) | dict(variant)
        return {key: merged[key] for key in ("encoder", "templates")}

    def classes_in_space(self, wildcards: Wildcards) -> str:
        """Return the class embeddings for a job's model and task."""
        return self.embedded_classes(self.text_space(wildcards), wildcards.image_set)

    def embedded_classes(self, space: Mapping[str, str], image_set: str) -> str:
        """Return the embeddings of an image set's class names in a space."""
        return self._embedded_names(space, self.renamed_by(image_set))

    def _embedded_names(self, space: Mapping[str, str], suffix: str) -> str:
        """Return a file of class embeddings.

        Encoders that compute the same have one file, under the name of the first.
        """
        encoder = space["encoder"]
        _, first = self.entries.first_alike(self.entries.encoder_registry(encoder), encoder)
        return paths.class_embeddings(first, space["templates"], suffix)

    def renamed_by(self, image_set: str) -> str:
        """Return an image set's suffix of class embeddings.

        That of a set whose class names are those of ImageNet-1k is "".
        """
        own = self.entries.renamed_classes(image_set) or self.entries.class_file(image_set)
        return f"-{image_set}" if own else ""

    # embed_classes

    def renaming_suffixes(self) -> str:
        """Return the wildcard constraint of all `renamed_by` suffixes."""
        suffixes = dict.fromkeys(self.renamed_by(image_set) for image_set in self.entries.config["image_sets"])
        return "|".join(map(re.escape, dict.fromkeys(["", *suffixes])))

    def class_encoder(self, wildcards: Wildcards) -> Entry:
        """Return the entry of the encoder that embeds class names."""
        return self.entries.encoder(wildcards.encoder)

    def class_encoder_weights(self, wildcards: Wildcards) -> list[str]:
        """Return the downloads of the encoder that embeds class names."""
        return fetched_weights(self.class_encoder(wildcards).get("weights", {}))

    def class_encoder_backend(self, wildcards: Wildcards) -> str:
        """Return the backend of the encoder that embeds class names."""
        backend: str = self.class_encoder(wildcards)["backend"]
        return backend

    def class_encoder_settings(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return what the encoder of class names computes from."""
        return self.entries.computing(self.entries.encoder_registry(wildcards.encoder), wildcards.encoder)

    def class_code(self, wildcards: Wildcards) -> str:
        """Return the hash of the code that embeds class names."""
        return self.entries.backend_code("embed_classes.py", self.class_encoder_backend(wildcards))

    def class_names(self, wildcards: Wildcards) -> Mapping[str, str]:
        """Return the class names that the image set in the suffix replaces."""
        return self.entries.renamed_classes(wildcards.of.removeprefix("-")) if wildcards.of else {}

    def class_list(self, wildcards: Wildcards) -> list[str]:
        """Return the class list of the image set in the suffix."""
        return self.entries.class_file(wildcards.of.removeprefix("-")) if wildcards.of else []

    def class_demand(self, wildcards: Wildcards) -> Demand:
        """Return what embedding the class names asks of a cluster."""
        registry = self.entries.encoder_registry(wildcards.encoder)
        return self.entries.demand(self.entries.model_size(registry, wildcards.encoder), Work(IMAGES_OF_THE_CLASSES))

    # embed_images, encode_images

    def classes_of_classifier(self, wildcards: Wildcards) -> str:
        """Return the embeddings of the classes that a ConSE model averages.

        They are those of ImageNet-1k, whatever classes the images have, or a part of them.
        """
        space, image_set = self.text_space(wildcards), wildcards.image_set
        if self.entries.class_file(image_set) and not self.entries.subset_file(image_set):
            return self._embedded_names(space, "")
        return self.embedded_classes(space, wildcards.image_set)

    def averaged_outputs(self, wildcards: Wildcards) -> str:
        """Return the classifier outputs whose top classes a ConSE model averages."""
        classifier = self.entries.model(wildcards.model)["classifier"]
        return paths.outputs(wildcards.image_set, "cw", classifier, wildcards.shard)

    def averaged_classes(self, wildcards: Wildcards) -> int:
        """Return how many top classes a ConSE model averages."""
        top: int = self.entries.complete("models", wildcards.model)["top"]
        return top

    def image_code(self, wildcards: Wildcards) -> str:
        """Return the hash of the code that embeds images."""
        return self.entries.backend_code("encode_images.py", self.entries.model(wildcards.model)["backend"])

    # embed_answers

    def embedded_answers(self, image_set: str, task: str, model: str) -> str:
        """Return the embeddings of a model's answers in a task.

        Tasks with the same answers, rule and space share those of the first of them, such as `ow` and `ow.sbert-none`.
        Only whole sets are shared: the last bits of a text's vector depend on the texts that are embedded with it.
        """
        embedded = self._embedded(task, model)
        base = self.entries.task(task)["base"]
        variants = (name for name, entry in self.entries.tasks.items() if entry["base"] == base)
        first = next(name for name in variants if self._embedded(name, model) == embedded)
        return paths.answer_embeddings(image_set, first, model)

    def _embedded(self, task: str, model: str) -> tuple[str, ...]:
        """Return what decides which texts are embedded, and how."""
        entry = self.entries.task(task)
        space = self.space_of(model, task)
        return entry.get("answers_of", task), entry["mapping"], space["encoder"], self._templates(space)

    def _templates(self, space: Mapping[str, str]) -> str:
        return space["templates"] if self.entries.config["mapping"]["template_answers"] else "none"

    def answer_encoder(self, wildcards: Wildcards) -> Entry:
        """Return the entry of the encoder of answers."""
        return self.entries.entry("encoders", self.text_space(wildcards)["encoder"])

    def answer_encoder_weights(self, wildcards: Wildcards) -> list[str]:
        """Return the downloads of the encoder of answers."""
        return fetched_weights(self.answer_encoder(wildcards).get("weights", {}))

    def answer_encoder_backend(self, wildcards: Wildcards) -> str:
        """Return the backend of the encoder of answers."""
        backend: str = self.answer_encoder(wildcards)["backend"]
        return backend

    def answer_encoder_settings(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return what the encoder of answers computes from."""
        return self.entries.computing("encoders", self.text_space(wildcards)["encoder"])

    def answer_code(self, wildcards: Wildcards) -> str:
        """Return the hash of the code that embeds answers."""
        return self.entries.backend_code("embed_answers.py", self.answer_encoder_backend(wildcards))

    def answer_templates(self, wildcards: Wildcards) -> str:
        """Return the templates that answers are put into."""
        return self._templates(self.text_space(wildcards))

    def answer_demand(self, wildcards: Wildcards) -> Demand:
        """Return what embedding an image set's answers asks of a cluster."""
        work = Work(IMAGES_OF_AN_ANSWER * resources.images_of(self.entries.image_set(wildcards.image_set)))
        return self.entries.demand(self.entries.model_size("encoders", self.text_space(wildcards)["encoder"]), work)
