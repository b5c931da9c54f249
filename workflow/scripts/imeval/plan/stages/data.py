"""The plan of rules/data.smk: where pictures lie, and each set's images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imeval.base.errors import UserError, mistake
from imeval.labels.classes import IMAGENET
from imeval.labels.selection import BY_LABEL_SET, named_label_sets
from imeval.plan import paths, places
from imeval.plan.entries import Entries, Entry
from imeval.plan.input_functions import input_function, plans_jobs
from imeval.plan.wildcards import Wildcards

_LISTING_KEYS = ("original_labels", "selection", "expected", "classes")
"""Keys of an image set that decide which images it has; its source decides where they lie."""


@plans_jobs
class DataPlan:
    """The plan of fetching, listing, extracting and labelling images."""

    entries: Entries

    def package(self, key: str) -> Any:
        """Return an input function that reads a key of a package's entry."""

        @input_function
        def of(wildcards: Wildcards) -> Any:
            return self.entries.entry("downloads", wildcards.package)[key]

        return of

    def subject(self, wildcards: Wildcards) -> str:
        """Return the title of a job's images."""
        return self.entries.subject(wildcards.image_set)

    def renamed_classes(self, wildcards: Wildcards) -> Mapping[str, str]:
        """Return the class names that a job's image set replaces, by id."""
        return self.entries.renamed_classes(wildcards.image_set)

    def class_list(self, wildcards: Wildcards) -> list[str]:
        """Return the file of a job's class list, none for ImageNet-1k."""
        return self.entries.class_file(wildcards.image_set)

    def levels(self, wildcards: Wildcards) -> list[str]:
        """Return the file with the parents of a job's classes, if any."""
        name = self.entries.class_list(wildcards.image_set)
        if "wordnet" in self.entries.entry("class_lists", name):
            return [paths.wordnet_levels(name)]
        return self.entries.class_file(wildcards.image_set)

    def own_class_file(self, wildcards: Wildcards) -> list[str]:
        """Return the file of a class list, none for ImageNet-1k."""
        return [] if wildcards.class_list == IMAGENET else [paths.classes(wildcards.class_list)]

    def wordnet(self, wildcards: Wildcards) -> str:
        """Return the file with the nouns of WordNet.

        Raises:
            UserError: a target names a list without the key `wordnet`.
        """
        entry = self.entries.entry("class_lists", wildcards.class_list)
        if "wordnet" not in entry:
            where, remedy = f"class_lists.{wildcards.class_list}", "add the key 'wordnet'"
            raise mistake(where, "wordnet", "the folder of WordNet", "none", remedy)
        return f"{entry['wordnet']}/data.noun"

    def subset_file(self, wildcards: Wildcards) -> list[str]:
        """Return the file of a job's classes, if a part of ImageNet's."""
        return self.entries.subset_file(wildcards.image_set)

    def class_csv(self, wildcards: Wildcards) -> str:
        """Return the user's CSV of a class list.

        Raises:
            UserError: a target names the list of ImageNet-1k, which has no file.
        """
        entry = self.entries.entry("class_lists", wildcards.class_list)
        if "path" not in entry:
            raise UserError(f"class list {wildcards.class_list}: it is built in and has no file")
        path: str = entry["path"]
        return path

    def synonyms(self, wildcards: Wildcards) -> str:
        """Return whether the synonyms of a class list are accepted."""
        policy: str = self.entries.complete("class_lists", wildcards.class_list)["synonyms"]
        return policy

    def class_csv_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hash of `class_csv`."""
        return self.entries.contents(self.class_csv(wildcards))

    def source(self, wildcards: Wildcards) -> dict[str, Any] | None:
        """Return where a job's pictures lie, if any."""
        return self.source_of(wildcards.image_set)

    def source_of(self, image_set: str) -> dict[str, Any] | None:
        """Return where a set's pictures lie, if any."""
        source = self.entries.complete("image_sets", image_set).get("source")
        if source is None:
            return None
        folder = f"{paths.download(source['download'])}/" if "download" in source else ""
        # Without a border the key is left out, so that its coming reads no pictures again.
        border = {"border": source["border"]} if "border" in source else {}
        return {"kind": source["kind"], "path": folder + source["path"], "pattern": source["pattern"], **border}

    def downloads(self, wildcards: Wildcards) -> list[str]:
        """Return the package with the pictures, if any."""
        source = self.entries.image_set(wildcards.image_set).get("source", {})
        return [paths.download(source["download"])] if "download" in source else []

    def source_files(self, wildcards: Wildcards) -> list[str]:
        """Return the user's path of a job's pictures, if it exists."""
        source = self.entries.image_set(wildcards.image_set).get("source", {})
        return [source["path"]] if "crops" in source else self.source_files_of(wildcards.image_set)

    def source_files_of(self, image_set: str) -> list[str]:
        """Return the user's path of a set's pictures, if it exists."""
        path = places.pictures_of_user(self.entries.image_set(image_set).get("source", {}))
        return [path] if path and Path(path).exists() else []

    def images_to_crop(self, wildcards: Wildcards) -> list[str]:
        """Return the shards of the images that are cropped."""
        return self.entries.image_shards(wildcards.image_set)

    def selecting_label_sets(self, wildcards: Wildcards) -> dict[str, Entry]:
        """Return the label sets of a job's selection."""
        return self.selecting_label_sets_of(wildcards.image_set)

    def selecting_label_sets_of(self, image_set: str) -> dict[str, Entry]:
        """Return the label sets that an image set's selection names."""
        selection = self.entries.image_set(image_set).get("selection", {})
        names = named_label_sets(selection, *BY_LABEL_SET)
        return {name: self.entries.label_set(name) for name in names}

    def listing_files(self, wildcards: Wildcards) -> list[str]:
        """Return the user's files that decide the images.

        They list labels, classes or images.
        """
        files = places.listing_files(self.entries.image_set(wildcards.image_set)).values()
        label_files = [label_set.get("path") for label_set in self.selecting_label_sets(wildcards).values()]
        return [path for path in (*files, *label_files) if path]

    def listing_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of `listing_files`."""
        return self.entries.contents(*self.listing_files(wildcards))

    def listed(self, wildcards: Wildcards) -> Mapping[str, Any]:
        """Return the settings that decide a job's images."""
        return self.listed_of(wildcards.image_set)

    def listed_of(self, image_set: str) -> Mapping[str, Any]:
        """Return the settings that decide a set's images."""
        entry = self.entries.image_set(image_set)
        # The default is left out, so that naming it lists nothing again.
        keys = [key for key in _LISTING_KEYS if key in entry and (key, entry[key]) != ("classes", IMAGENET)]
        return {key: entry[key] for key in keys}

    def on_broken(self, wildcards: Wildcards) -> str:
        """Return whether a broken picture stops the run or is skipped."""
        policy: str = self.entries.complete("image_sets", wildcards.image_set)["on_broken"]
        return policy

    def shards_that_may_lack_images(self, wildcards: Wildcards) -> list[str]:
        """Return the shards that may lack images.

        Those of an image set that skips broken pictures may: only they show which were broken.
        """
        skips = self.source(wildcards) is not None and self.on_broken(wildcards) == "skip"
        return self.entries.image_shards(wildcards.image_set) if skips else []

    def all_shards(self, wildcards: Wildcards) -> list[str]:
        """Return the photographs of a job's image set, a file a shard."""
        return self.entries.image_shards(wildcards.image_set)

    # Labels.

    def label_set(self, wildcards: Wildcards) -> Entry:
        """Return the entry of a job's label set."""
        entry = self.entries.labels_of(wildcards.image_set, wildcards.labels)
        if entry["kind"] != "boxes":
            return entry
        crops = self.entries.image_set(wildcards.image_set).get("source", {}).get("crops")
        if crops is None:
            where, expected = f"label_sets.{wildcards.labels}", "an image set of crops (source: {kind: crops})"
            raise mistake(where, "kind", expected, f"'{wildcards.image_set}'", "name other labels")
        return {**entry, "path": paths.crop_labels(crops["of"], crops["boxes"], crops["take"])}

    def label_file(self, wildcards: Wildcards) -> list[str]:
        """Return the file of labels, if any."""
        path = self.label_set(wildcards).get("path")
        return [path] if path else []

    def label_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of the files behind labels and categories."""
        # The labels of crops are made by a job, and are no user's.
        path = self.entries.labels_of(wildcards.image_set, wildcards.labels).get("path")
        return self.entries.contents(self.equivalence(wildcards), *([path] if path else []))

    def equivalence(self, wildcards: Wildcards) -> str:
        """Return the file of equivalent classes.

        Those of ObjectNet, and of ImageNet's images that it is compared with, are the classes of one object.
        """
        labels = self.entries.image_set(wildcards.image_set)["original_labels"]
        objects: str | None = labels["path"] if labels["kind"] == "objectnet" else labels.get("objects")
        return objects or self.entries.config["scoring"]["equivalence"]

    def compared(self, names: str) -> list[str]:
        """Return a summary's label sets, one or two.

        Two are joined by a hyphen, which no name contains.

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
        """Return the files of a summary's label sets."""
        return [paths.labels(wildcards.image_set, name) for name in self.compared(wildcards.compared)]

    def compared_titles(self, wildcards: Wildcards) -> list[str]:
        """Return the titles of a summary's label sets."""
        return [self.entries.label_set(name)["title"] for name in self.compared(wildcards.compared)]
