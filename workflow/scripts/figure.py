"""Draw a figure in three formats."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imeval import figures
from imeval.figures import drawing
from imeval.figures.context import Context, Model
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *, figure: str, settings: Mapping[str, Any], context: Mapping[str, Any], files: Mapping[str, Any], **made: str
) -> None:
    """Write a figure and its data."""
    drawn = figures.draw(figure, _filled(context, files), **settings)
    drawing.save(drawn, **{ending: Path(path) for ending, path in made.items()})


def _filled(context: Mapping[str, Any], files: Mapping[str, Any]) -> Context:
    """Return the context with its files."""
    settings = {
        **context,
        "models": {name: Model(**model) for name, model in context["models"].items()},
        "rows": [tuple(row) for row in context["rows"]],
        # An input of one file is its path alone.
        "files": {name: [paths] if isinstance(paths, str) else list(paths) for name, paths in files.items()},
    }
    return Context(**settings)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.context["subject"]):
        main(
            figure=snakemake.wildcards.figure,
            settings=snakemake.params.settings,
            context=snakemake.params.context,
            files=dict(snakemake.input.items()),
            **dict(snakemake.output.items()),
        )
