"""The chain of files and rules behind a result, as a tree.

3f2b…  table               results/tables/table3.csv
9c01…  score               ├─ results/metrics/demo/regt/cw/vit.parquet
77aa…  from outside        │  └─ labels.csv
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from imeval.base import parquet
from imeval.base.errors import mistake, some
from imeval.base.files import fingerprint
from imeval.base.suggestions import did_you_mean
from imeval.images.contract import Images
from imeval.provenance.describe import hash_images

PICTURES = "pictures"
"""The rule of the folders and archives with an image set's pictures: the shards hold the pictures' hashes."""

_HASH_DIGITS = 12
_LISTED_IMAGES = 20
"""Up to this number of images has a line each; more have one line, with a hash over all."""

# The number in the name of a shard: 00000 in "00000-of-00032".
_SHARD_NUMBER = re.compile(r"\d{5}(?=-of-\d{5})")


@dataclass(frozen=True)
class Link:
    """A file in a chain.

    Attributes:
        rule: the rule that makes the file; PICTURES for pictures, None for other files from outside the workflow.
        inputs: what the rule makes it from now.
        recorded: the inputs that it was made from, as Snakemake recorded them; None without a record.
        checksums: "sha256:…" of recorded inputs, as far as known.
    """

    rule: str | None
    inputs: Sequence[str] = ()
    recorded: Sequence[str] | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_other_inputs(self) -> bool:
        """Return whether its inputs were others than now."""
        return self.recorded is not None and set(self.recorded) != set(self.inputs)


def require_result(file: str | None, links: Mapping[str, Link]) -> str:
    """Return a file that can be traced.

    Raises:
        UserError: no file is given, it does not exist, no rule makes it, or it was made with another configuration.
    """
    example = "snakemake trace --config file=results/tables/table3.csv"
    if file is None:
        raise mistake("trace", "file", "a result of the workflow", "none", f"name one: {example}")
    if not Path(file).exists():
        neighbours = sorted(map(str, Path(file).parent.glob("*")))
        hint = f"; {did_you_mean(file, neighbours)}" if neighbours else ""
        remedy = f"make it first, or correct its name{hint}"
        raise mistake("trace", "file", "a result that exists", f"no {file}", remedy)
    link = links[file]
    if link.rule is None:
        found = f"{file}, which no rule makes"
        raise mistake("trace", "file", "a result of the workflow", found, f"name one: {example}")
    if link.has_other_inputs:
        recorded, present = set(link.recorded or ()), set(link.inputs)
        expected = some(sorted(present - recorded)) or "no other files"
        found = some(sorted(recorded - present)) or "a result without them"
        raise mistake(file, "inputs", expected, found, "give the --configfile that it was made with, or make it again")
    return file


@dataclass(frozen=True)
class _Line:
    """A line of the tree, for a file or a stage's shards."""

    digest: str
    rule: str
    name: str
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        digest = self.digest[:_HASH_DIGITS] or "–"
        return "  ".join([f"{digest:{_HASH_DIGITS}}", f"{self.rule:18}", self.name, *self.notes])


class Chain:
    """A result's chain, with each file hashed once."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self._links = links
        self._shown: set[str] = set()
        self.breaks: list[str] = []
        """A sentence for each file that is no longer what a result was made from."""

    def tree(self, file: str) -> str:
        """Return the chain as text.

        There is a line for each file, results before their inputs. A line has the first digits of the SHA-256, the rule
        and the name. The shards of a stage share a line and a hash; their pictures follow. What stands under a file is
        shown once.
        """
        return "\n".join(map(str, self._lines([file])))

    def _lines(self, files: Sequence[str]) -> list[_Line]:
        """Return the line of a file or shards, then their inputs' lines."""
        name, link = _shared_name(files), self._links[files[0]]
        # A file without inputs has nothing below it that could be repeated.
        is_repeated = name in self._shown and bool(link.inputs)
        self._shown.add(name)
        shards = [f"({len(files)} shards)"] if len(files) > 1 else []
        notes = [*shards, *(["(as above)"] if is_repeated else self._marks(files))]
        line = _Line(self._digest(files), link.rule or "from outside", name, notes)
        if is_repeated:
            return [line]
        # Shards of one stage must be neighbours to be grouped.
        inputs = sorted(sorted({file for shard in files for file in self._links[shard].inputs}), key=_without_number)
        children = [self._lines(list(group)) for _, group in groupby(inputs, _without_number)]
        # Only shards that exist can be read; a missing one is a break.
        if link.rule == "extract_images" and all(Path(file).exists() for file in files):
            children += [[picture] for picture in _pictures(files)]
        return [line, *_branches(children)]

    def _digest(self, files: Sequence[str]) -> str:
        """Return the SHA-256 of a file, or of several files' SHA-256."""
        digests = [self._sha256(file) for file in files]
        return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def _sha256(self, file: str) -> str:
        """Return a file's SHA-256, "" if it is missing or holds pictures."""
        # A data set's pictures would take hours to hash; the shards hold their hashes.
        is_hashed = Path(file).exists() and self._links[file].rule != PICTURES
        return fingerprint(file) if is_hashed else ""

    def _marks(self, files: Sequence[str]) -> list[str]:
        """Return the mark "(!)" of files with breaks, and collect these.

        A break is a file that is not made from what its inputs are now.
        """
        breaks = [sentence for file in files for sentence in self._breaks_of(file)]
        self.breaks += breaks
        return ["(!)"] if breaks else []

    def _breaks_of(self, file: str) -> Iterator[str]:
        link = self._links[file]
        if not Path(file).exists():
            yield f"{file} does not exist any more"
        elif link.has_other_inputs:
            yield f"{file} was made from other inputs than this configuration and version would make it from"
        for name in link.inputs:
            # An input without a hash now, or without a recorded one, cannot be compared.
            present = self._sha256(name)
            if present and link.checksums.get(name, f"sha256:{present}") != f"sha256:{present}":
                yield f"{name} has changed since {file} was made from it"


def _branches(children: Sequence[Sequence[_Line]]) -> Iterator[_Line]:
    """Yield children's lines as branches of a tree."""
    for position, (first, *others) in enumerate(children, start=1):
        branch, below = ("├─ ", "│  ") if position < len(children) else ("└─ ", "   ")
        yield replace(first, name=branch + first.name)
        yield from (replace(line, name=below + line.name) for line in others)


def _pictures(shards: Sequence[str]) -> Iterator[_Line]:
    """Yield a line for each image, or one for many."""
    frame = parquet.read_all(shards, Images, ["image_id", "sha256"]).sort("image_id")
    if len(frame) <= _LISTED_IMAGES:
        yield from (_Line(digest, "image", image_id) for image_id, digest in frame.iter_rows())
    else:
        count, digest = hash_images(shards)
        yield _Line(digest, "images", f"{count} images, by their names and SHA-256")


def _without_number(file: str) -> str:
    """Return a path with "*" for a shard's number: "images/*-of-00003.parquet"."""
    return _SHARD_NUMBER.sub("*", file)


def _shared_name(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else _without_number(files[0])
