"""The tars or Parquet files of a source."""

from fnmatch import fnmatchcase
from pathlib import Path

from imeval.base.errors import mistake
from imeval.images.passed_over import PassedOver, unlike
from imeval.images.places import Source, archive_name


def archives(source: Source, extension: str, passed_over: PassedOver) -> list[Path]:
    """Return the archives of a source, sorted.

    A source is an archive or a folder of archives. Archives may be symbolic links, as in Hugging Face's cache.

    Raises:
        UserError: there is nothing at the source's path.
    """
    if source.path.is_file():
        return [source.path]
    if not source.path.is_dir():
        expected = f"a {extension} file or a folder of them"
        raise mistake(source.path, "source", expected, "nothing there", "correct the path")
    found: list[Path] = []
    for path in sorted(source.path.rglob("*")):
        if not path.is_file():
            continue
        if not path.name.lower().endswith(extension):
            passed_over.add(archive_name(source, path), f"files that are not {extension}")
        elif not fnmatchcase(path.name, source.pattern):
            passed_over.add(archive_name(source, path), unlike(source.pattern, f"{extension} files"))
        else:
            found.append(path)
    return found
