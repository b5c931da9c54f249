"""The names in the paths that a run is asked for.

A misspelt name is refused with the nearest one.
"""

import re
from collections.abc import Iterable, Mapping

from imeval.base.errors import UserError, mistake
from imeval.base.suggestions import did_you_mean
from imeval.plan import discovery
from imeval.plan.entries import Entries

_REGISTRIES = {
    "image_set": "image_sets",
    "labels": "label_sets",
    "task": "tasks",
    "model": "models",
    "table": "tables",
    "package": "downloads",
}
"""The registry of each wildcard that names an entry."""

_PATTERNS = (
    r"downloads/(?P<package>[^/]+)",
    r"(?:checkpoints|servers|store)/(?P<model>[^/.]+)(?:\.json)?",
    r"images/(?P<image_set>[^/]+)/.+",
    r"labels/(?P<image_set>[^/]+)/(?P<labels>[^/-]+)\.parquet",
    r"outputs/(?P<image_set>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)/.+",
    r"embeddings/(?P<image_set>[^/]+)/images/(?P<model>[^/]+)/.+",
    r"embeddings/(?P<image_set>(?!classes/)[^/]+)/(?P<task>(?!images/)[^/]+)/(?P<model>[^/]+)\.parquet",
    r"responses/(?P<image_set>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)/[^/]+",
    r"responses/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)/[^/]+",
    r"confusions/(?P<image_set>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"choices/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)\.parquet",
    r"predictions/(?P<image_set>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"predictions/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"(?:scores|metrics)/(?P<image_set>[^/]+)/(?P<labels>[^/]+)/(?P<task>[^/]+)/(?P<model>[^/]+)\.parquet",
    r"(?:ranks|comparisons|agreement)/(?P<table>[^/]+)\.parquet",
    r"tables/(?P<table>[^/.]+)\.(?P<format>[^/]+)",
    r"provenance/(?P<table>[^/.]+)\.json",
    r"figures/(?P<figure>[^/.]+)\.(?P<format>[^/]+)",
)
"""The paths below results/ whose names are checked; the header of the Snakefile has their grammar."""

_FORMATS = {"table": ("tex", "csv", "html"), "figure": ("pdf", "svg", "png")}


def require_known_targets(targets: Iterable[str], entries: Entries) -> None:
    """Check the names in the result files that a run must make.

    Raises:
        UserError: a name that no entry has, or a format in which no table or figure is written.
    """
    for target in targets:
        path = target.removeprefix("results/")
        for pattern in _PATTERNS:
            if found := re.fullmatch(pattern, path):
                _check(target, {key: value for key, value in found.groupdict().items() if value is not None}, entries)
                break


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
