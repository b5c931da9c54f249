"""The plan of rules/data.smk.

It knows where pictures lie, and which images a set has.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError
from imeval.plan import paths
from imeval.plan.entries import Entries, Entry
from imeval.plan.input_functions import input_function, plans_jobs
from imeval.plan.wildcards import Wildcards

_LISTING_KEYS = ("original_labels", "selection", "expected")
"""Keys of an image set that decide which images it has; its source decides where they lie."""


@plans_jobs
class DataPlan:
    """The plan of images and labels.

    Its jobs fetch, list, extract and label images.
    """

    entries: Entries

    def package(self, key: str) -> Any:
        """Return a function for a package's key.

        It is an input function that reads the key of the package's entry.
        """

        @input_function
        def of(wildcards: Wildcards) -> Any:
            return self.entries.entry("downloads", wildcards.package)[key]

        return of

    def subject(self, wildcards: Wildcards) -> str:
        """Return the name of a job's images.

        It describes what the numbers of the image set are of.
        """
        return self.entries.subject(wildcards.image_set)

    def renamed_classes(self, wildcards: Wildcards) -> Mapping[str, str]:
        """Return the class names of a job.

        They are those that its image set replaces, by class id.
        """
        return self.entries.renamed_classes(wildcards.image_set)

    def source(self, wildcards: Wildcards) -> dict[str, str] | None:
        """Return where a job's pictures lie.

        It is None for an image set without pictures.
        """
        return self.source_of(wildcards.image_set)

    def source_of(self, image_set: str) -> dict[str, str] | None:
        """Return where a set's pictures lie.

        It is None for an image set without pictures.
        """
        source = self.entries.complete("image_sets", image_set).get("source")
        if source is None:
            return None
        folder = f"{paths.download(source['download'])}/" if "download" in source else ""
        return {"kind": source["kind"], "path": folder + source["path"], "pattern": source["pattern"]}

    def downloads(self, wildcards: Wildcards) -> list[str]:
        """Return the package with the pictures.

        Not every image set has one.
        """
        source = self.entries.image_set(wildcards.image_set).get("source", {})
        return [paths.download(source["download"])] if "download" in source else []

    def source_files(self, wildcards: Wildcards) -> list[str]:
        """Return the user's pictures for a job.

        It is the file or folder with the pictures of its image set, if it exists.
        """
        return self.source_files_of(wildcards.image_set)

    def source_files_of(self, image_set: str) -> list[str]:
        """Return the user's pictures of a set.

        It is the file or folder with the pictures of an image set, if it exists.
        """
        source = self.entries.image_set(image_set).get("source", {})
        return [source["path"]] if "download" not in source and Path(source.get("path", "?")).exists() else []

    def selecting_label_sets(self, wildcards: Wildcards) -> dict[str, Entry]:
        """Return the label sets of a selection.

        The selection of a job's image set names them.
        """
        return self.selecting_label_sets_of(wildcards.image_set)

    def selecting_label_sets_of(self, image_set: str) -> dict[str, Entry]:
        """Return the label sets that an image set's selection names."""
        selection = self.entries.image_set(image_set).get("selection", {})
        names = [selection[key] for key in ("classes_of", "images_of") if key in selection]
        return {name: self.entries.label_set(name) for name in names}

    def listing_files(self, wildcards: Wildcards) -> list[str]:
        """Return the files behind an image set.

        They are the user's files of labels, classes and images. They decide what the image set is.
        """
        entry = self.entries.image_set(wildcards.image_set)
        selection = entry.get("selection", {})
        files = [entry["original_labels"].get("path"), selection.get("classes"), selection.get("images")]
        label_files = [label_set.get("path") for label_set in self.selecting_label_sets(wildcards).values()]
        return [path for path in (*files, *label_files) if path]

    def listing_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of these files."""
        return self.entries.contents(*self.listing_files(wildcards))

    def listed(self, wildcards: Wildcards) -> Mapping[str, Any]:
        """Return what decides a job's images.

        It is a part of the entry of its image set.
        """
        return self.listed_of(wildcards.image_set)

    def listed_of(self, image_set: str) -> Mapping[str, Any]:
        """Return what decides a set's images.

        It is a part of the entry of an image set.
        """
        return {key: value for key, value in self.entries.image_set(image_set).items() if key in _LISTING_KEYS}

    def on_broken(self, wildcards: Wildcards) -> str:
        """Return what a broken picture does.

        It stops the run, or is skipped.
        """
        policy: str = self.entries.complete("image_sets", wildcards.image_set)["on_broken"]
        return policy

    def shards_that_may_lack_images(self, wildcards: Wildcards) -> list[str]:
        """Return shards that may lack images.

        Those of an image set that skips broken pictures may: only they show which were broken.
        """
        skips = self.source(wildcards) is not None and self.on_broken(wildcards) == "skip"
        return self.entries.image_shards(wildcards.image_set) if skips else []

    # Labels.

    def label_set(self, wildcards: Wildcards) -> Entry:
        """Return the entry of a job's label set."""
        return self.entries.label_set(wildcards.labels)

    def label_file(self, wildcards: Wildcards) -> list[str]:
        """Return the file of a label set.

        It is the user's, if the label set has one.
        """
        path = self.label_set(wildcards).get("path")
        return [path] if path else []

    def label_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes behind labels.

        They are those of the files that labels and categories come from.
        """
        return self.entries.contents(self.equivalence, *self.label_file(wildcards))

    @property
    def equivalence(self) -> str:
        """Return the file of equivalent classes."""
        path: str = self.entries.config["scoring"]["equivalence"]
        return path

    def compared(self, names: str) -> list[str]:
        """Return the label sets of a summary.

        They are one, or two joined by a hyphen, which no name contains.

        Raises:
            UserError: more than two, or a name that no label set has.
        """
        label_sets = names.split("-")
        if len(label_sets) > 2:
            raise UserError(f"labels {names}: expected one label set or two joined by a hyphen")
        for name in label_sets:
            self.entries.label_set(name)
        return label_sets

    def compared_files(self, wildcards: Wildcards) -> list[str]:
        """Return the files of the label sets of a summary."""
        return [paths.labels(wildcards.image_set, name) for name in self.compared(wildcards.compared)]

    def compared_titles(self, wildcards: Wildcards) -> list[str]:
        """Return the titles of the label sets of a summary."""
        return [self.entries.label_set(name)["title"] for name in self.compared(wildcards.compared)]
