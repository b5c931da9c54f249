"""Serve the page of a run without Snakemake.

    PYTHONPATH=workflow/scripts python -m imeval.plan.browse [--configfile mine.yaml …] [--port 8766]

It reads the same configuration as `snakemake browse` and shows the same page, but opens in less time.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from imeval.base.errors import UserError
from imeval.plan.config_files import read_config_file
from imeval.plan.configuration import Written
from imeval.plan.lineage import Origin
from imeval.plan.schema import SCHEMAS
from imeval.plan.source import PACKAGE
from imeval.plan.study import read_study
from imeval.viewer.serving import page_of_run

ROOT = PACKAGE.parents[2]


def planned(overlays: Sequence[str], command_line: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the files that the page shows, and its port.

    Args:
        overlays: configuration files that are laid over those of the project.
        command_line: keys that are laid over all files.

    Raises:
        UserError: the configuration has a mistake.
    """
    written = Written([str(ROOT / f"config/{name}.yaml") for name in SCHEMAS], overlays, command_line)
    files = [read_config_file(path).content or {} for path in (*written.own, *written.overlays)]
    config: dict[str, Any] = reduce(laid_over, [*files, command_line], {})
    study = read_study(
        config, written, ROOT, files_may_lack=True, origin_of=lambda path: Origin(), recorded=lambda path: None
    )
    return study.viewer.browsed(), study.viewer.port


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys with others laid over them, as Snakemake does.

    >>> laid_over({"run": {"labels": "real", "models": ["a"]}}, {"run": {"models": ["b"]}})
    {'run': {'labels': 'real', 'models': ['b']}}
    """
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        keys_in_both = isinstance(under, Mapping) and isinstance(value, Mapping)
        merged[key] = laid_over(under, value) if keys_in_both else value  # type: ignore[arg-type]
    return merged


def main() -> None:
    """Serve the page until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", nargs="+", default=[], help="configuration files, as of Snakemake")
    parser.add_argument("--port", type=int, help="another port than 8765; 0 takes a free one")
    asked = parser.parse_args()
    try:
        browsed, port = planned(asked.configfile, {} if asked.port is None else {"port": asked.port})
        served = page_of_run(browsed, port)
    except UserError as error:
        sys.exit(f"imeval: {error}")
    served.until_stopped()


if __name__ == "__main__":
    main()
