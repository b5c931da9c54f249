"""The names in the paths that a run is asked for.

A misspelt name is refused with the nearest one.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache

from imeval.base.errors import UserError, mistake
from imeval.base.suggestions import did_you_mean, nearest
from imeval.plan import discovery, paths
from imeval.plan.entries import Entries

_REGISTRIES = {
    "image_set": "image_sets",
    "labels": "label_sets",
    "task": "tasks",
    "model": "models",
    "table": "tables",
    "package": "downloads",
    "class_list": "class_lists",
    "slices": "slices",
}
"""The registry of each wildcard that names an entry."""

_PATTERNS = (
    r"downloads/(?P<package>[^/]+)",
    r"(?:checkpoints|servers|store)/(?P<model>[^/.]+)(?:\.json)?",
    r"classes/(?P<class_list>[^/.]+)\.parquet",
    r"classes/wordnet/(?P<class_list>[^/.]+)\.parquet",
    r"images/(?P<image_set>[^/]+)/.+",
    r"labels/(?P<image_set>[^/]+)/(?P<labels>[^/-]+)\.parquet",
    r"boxes/(?P<image_set>[^/]+)/(?P<labels>[^/]+)\.parquet",
    r"slices/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<slices>[^/]+)\.parquet",
    r"sliced/(?P<table>[^/]+)/(?:differences|intervals|between)\.parquet",
    r"outputs/(?P<image_set>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)/.+",
    r"nearest/(?P<image_set>[^/]+)/(?P<model>[^/]+)-[0-9]+/.+",
    r"embeddings/(?P<image_set>[^/]+)/images/(?P<model>[^/]+)/.+",
    r"embeddings/(?P<image_set>(?!classes/)[^/]+)/(?P<task>(?!images/)[^/]+)/(?P<model>[^/]+)\.parquet",
    r"responses/(?P<image_set>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)/[^/]+",
    r"responses/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)/[^/]+",
    r"confusions/(?P<image_set>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"disputes/(?P<image_set>[^/]+)/(?P<labels>[^/]+)\.(?:parquet|csv)",
    r"disputes/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?:proposals|images/.+)\.parquet",
    r"annotations/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/[^/]+",
    r"choices/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)\.parquet",
    r"predictions/(?P<image_set>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"predictions/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"(?:scores|metrics)/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"(?:differences|intervals|ranks|agreement)/(?P<table>[^/]+)\.parquet",
    r"tables/(?P<table>[^/.]+)\.(?P<format>[^/]+)",
    r"provenance/(?P<table>[^/.]+)\.json",
    r"figures/(?P<figure>[^/.]+)\.(?P<format>[^/]+)",
)
"""The paths below results/ whose names are checked; the header of the Snakefile has their grammar."""

_FORMATS = {"table": ("tex", "csv", "html"), "figure": ("pdf", "svg", "png", "csv")}

_SHOWN = {"table": "html", "figure": "png"}
"""The format that a remedy names."""


def require_known_targets(words: Iterable[str], entries: Entries) -> None:
    """Check the names in the result files that a run must make.

    Args:
        words: those of the command line that are no options; their values may be among them.
        entries: the configuration.

    Raises:
        UserError: a name that no entry has, a format in which no table or figure is written, a table that no model of
            the run can fill, or the name of a table or figure without its folder.
    """
    for word in words:
        folder, _, path = word.partition("/")
        if folder == "results":
            _require_known_path(word, _below_its_folder(word, path, entries.run.get("name")), entries)
        elif found := re.fullmatch(r"(\w+)(?:\.(\w+))?", word):
            _refuse_name_without_folder(word, found[1], found[2], entries)


def _below_its_folder(target: str, path: str, name: str | None) -> str:
    """Return a result's path below the folder that it belongs to.

    Raises:
        UserError: it is one of the run's own results, but in the folder of another run.
    """
    if name and path.startswith(f"{name}/"):
        return path.removeprefix(f"{name}/")
    rest = path.partition("/")[2]
    if name and _is_own(path):
        expected, near = f"results of the run '{name}' below results/{name}", f"results/{name}/{path}"
    elif _is_own(rest) and not _is_own(path):
        expected, near = f"results of {f'the run {name!r}' if name else 'a run without a name'}", f"results/{rest}"
        near = f"results/{name}/{rest}" if name else near
    else:
        return path
    remedy = f"did you mean {near}? run.name in the configuration decides it"
    raise mistake("command line", "target", expected, f"'{target}'", remedy)


def _is_own(path: str) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in paths.OF_A_RUN)


def _require_known_path(target: str, path: str, entries: Entries) -> None:
    for pattern in _PATTERNS:
        if found := re.fullmatch(pattern, path):
            _check(target, {key: value for key, value in found.groupdict().items() if value is not None}, entries)
            break
    if found := re.fullmatch(r"tables/(\w+)\.\w+", path):
        # Planning would find the same, but print it among lines of rules.
        entries.table_plan(found[1])


def _refuse_name_without_folder(word: str, name: str, ending: str | None, entries: Entries) -> None:
    """Refuse a table or figure without its folder, such as table33.pdf."""
    if re.fullmatch("table[0-9]+[a-z]?", name):
        kind, known = "table", list(entries.config["tables"])
    elif name in _named_figures():
        kind, known = "figure", _named_figures()
    else:
        return
    near = nearest(name, known) or known[0]
    path = f"{entries.of_run.folder}/{kind}s/{near}.{ending if ending in _FORMATS[kind] else _SHOWN[kind]}"
    raise mistake("command line", "target", "a file below results", f"'{word}'", f"did you mean {path}?")


@cache
def _named_figures() -> list[str]:
    return list(discovery.figures())


def _check(target: str, names: Mapping[str, str], entries: Entries) -> None:
    for wildcard, name in names.items():
        if wildcard in _REGISTRIES:
            entries.entry(_REGISTRIES[wildcard], name)
    figures = discovery.figures()
    if "figure" in names and names["figure"] not in figures:
        raise UserError(f"figures: no figure '{names['figure']}'; {did_you_mean(names['figure'], figures)}")
    if "format" in names:
        known = _FORMATS["table" if "table" in names else "figure"]
        if names["format"] not in known:
            remedy = did_you_mean(names["format"], known)
            raise mistake(target, "format", f"one of {', '.join(known)}", f"'{names['format']}'", remedy)
