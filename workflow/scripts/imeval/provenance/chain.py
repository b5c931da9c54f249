"""The chain of files and rules behind a result, as a tree of text, and where it no longer holds."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from imeval.base import parquet
from imeval.base.errors import did_you_mean, mistake
from imeval.base.files import fingerprint
from imeval.images.contract import Images
from imeval.provenance.describe import pictures

PICTURES = "pictures"
"""The rule of where an image set's pictures lie: their hashes are those in the shards."""

_DIGITS = 12
_LISTED = 20
"""So many images are told one by one; of more, one hash over all."""

_SHARD = re.compile(r"\d{5}(?=-of-\d{5})")


@dataclass(frozen=True)
class Link:
    """A file in a chain.

    Attributes:
        rule: that makes it; PICTURES for where those of an image set lie, None for any other file from outside.
        inputs: what the rule makes it from.
        recorded: the inputs that it was made from in truth, None where no one knows.
        checksums: "sha256:…" of those inputs at that time, as far as known.
    """

    rule: str | None
    inputs: Sequence[str] = ()
    recorded: Sequence[str] | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_another_configuration(self) -> bool:
        """Whether it was made from other files than it would be made from now."""
        return self.recorded is not None and set(self.recorded) != set(self.inputs)


def require(file: str | None, links: Mapping[str, Link]) -> str:
    """Return the file whose chain is asked for.

    Raises:
        UserError: none was named, it is not there, no rule makes it, or it was made by another configuration.
    """
    example = "snakemake trace --config file=results/tables/table3.csv"
    if file is None:
        raise mistake("trace", "file", "a result of the workflow", "none", f"name one: {example}")
    if not Path(file).exists():
        beside = sorted(map(str, Path(file).parent.glob("*")))
        remedy = "make it first, or correct it" + (f"; {did_you_mean(file, beside)}" if beside else "")
        raise mistake("trace", "file", "a result that is there", f"no {file}", remedy)
    if links[file].rule is None:
        raise mistake("trace", "file", "a result of the workflow", f"{file}, which no rule makes", f"as in {example}")
    if links[file].is_of_another_configuration:
        remedy = "give the --configfile it was made with, or make it again"
        raise mistake(file, "inputs", "those of this configuration and version", "others", remedy)
    return file


@dataclass(frozen=True)
class _Line:
    digest: str
    what: str
    name: str
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        return "  ".join([f"{self.digest[:_DIGITS] or '–':{_DIGITS}}", f"{self.what:18}", self.name, *self.notes])


class Chain:
    """Everything behind a result. Files are read once, however many others rest on them."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self._links = links
        self._told: set[str] = set()
        self.breaks: list[str] = []
        """Where a file no longer is what a result was made from."""

    def tree(self, file: str) -> str:
        """Return a line a file: hash, rule and name, each result before what it is made from, and each once.

        The shards of a stage are one line, with one hash over theirs; the pictures in them follow.
        """
        return "\n".join(map(str, self._lines([file])))

    def _lines(self, files: Sequence[str]) -> list[_Line]:
        """Return the line of a file, or of the shards of one stage, and those of what it is made from."""
        name, link = _name(files), self._links[files[0]]
        again = name in self._told and bool(link.inputs)
        self._told.add(name)
        shards = [f"({len(files)} shards)"] if len(files) > 1 else []
        notes = [*shards, *(["(as above)"] if again else self._doubts(files))]
        line = _Line(self._digest(files), link.rule or "from outside", name, notes)
        if again:
            return [line]
        inputs = sorted(sorted({file for shard in files for file in self._links[shard].inputs}), key=_place)
        children = [self._lines(list(group)) for _, group in groupby(inputs, _place)]
        if link.rule == "extract_images" and all(Path(file).exists() for file in files):
            children += [[picture] for picture in _pictures(files)]
        return [line, *_branches(children)]

    def _digest(self, files: Sequence[str]) -> str:
        digests = [self._sha256(file) for file in files]
        return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def _sha256(self, file: str) -> str:
        """Return the SHA-256 of a file or folder; nothing of one that is gone, or of pictures, which shards hash."""
        there = Path(file).exists() and self._links[file].rule != PICTURES
        return fingerprint(file) if there else ""

    def _doubts(self, files: Sequence[str]) -> list[str]:
        """Return a mark, and tell in `breaks`, if these files are not made from what lies there now."""
        breaks = [sentence for file in files for sentence in self._breaks(file)]
        self.breaks += breaks
        return ["(!)"] if breaks else []

    def _breaks(self, file: str) -> Iterator[str]:
        link = self._links[file]
        if not Path(file).exists():
            yield f"{file} is not there any more"
        elif link.is_of_another_configuration:
            yield f"{file} was made from other inputs than this configuration and version would make it from"
        for name in link.inputs:
            found = self._sha256(name)
            if found and link.checksums.get(name, f"sha256:{found}") != f"sha256:{found}":
                yield f"{name} has changed since {file} was made from it"


def _branches(children: Sequence[Sequence[_Line]]) -> Iterator[_Line]:
    for place, (first, *others) in enumerate(children, start=1):
        branch, below = ("├─ ", "│  ") if place < len(children) else ("└─ ", "   ")
        yield replace(first, name=branch + first.name)
        yield from (replace(line, name=below + line.name) for line in others)


def _pictures(shards: Sequence[str]) -> Iterator[_Line]:
    frame = parquet.read_all(shards, Images, ["image_id", "sha256"]).sort("image_id")
    if len(frame) <= _LISTED:
        yield from (_Line(digest, "image", image_id) for image_id, digest in frame.iter_rows())
    else:
        count, digest = pictures(shards)
        yield _Line(digest, "images", f"{count} images, by their names and SHA-256")


def _place(file: str) -> str:
    """Return a file's name without the number of its shard, which those of one stage share."""
    return _SHARD.sub("*", file)


def _name(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else _place(files[0])
