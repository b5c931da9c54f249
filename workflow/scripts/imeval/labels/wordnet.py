"""Parents of classes from WordNet, whose nouns have ImageNet's synsets.

A noun of WordNet 3.0 is a line of data.noun: its place, which the synset repeats (n02087122), then its lemmas, then
pointers to other nouns, of which "@" and "@i" are its hypernyms.

    02087122 05 n 01 hunting_dog 0 003 @ 02084071 n 0000 ~ 02087551 n 0000 ~ 02088094 n 0000 | a dog used in hunting
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from imeval.base.errors import mistake
from imeval.base.user_tables import opened_text, readable, spelling
from imeval.labels.contract import Classes

NOUNS = "data.noun"


@dataclass(frozen=True)
class Noun:
    """A noun of WordNet; `parent` is the synset of its first hypernym."""

    lemmas: tuple[str, ...]
    parent: str | None


def with_parents(classes: pl.DataFrame, folder: str | Path) -> pl.DataFrame:
    """Return the classes with WordNet's parents, for accuracies by level.

    Of several hypernyms the first counts. A parent with a single child is left out, as right answers at its level would
    be those at the child's; its lemmas are other names of the parent above it. A name that several classes or parents
    would have gets its synset in parentheses, except in the first one.

    Args:
        classes: `Classes`, whose keys are synsets.
        folder: that of WordNet 3.0, with data.noun.

    Raises:
        UserError: no such file, a damaged one, or a key that is no noun of it.
    """
    path = Path(folder) / NOUNS
    nouns = _read_nouns(path)
    listed = classes.filter(pl.col("class_id").is_not_null()).sort("class_id").to_dicts()
    for row in listed:
        if row["key"] not in nouns:
            remedy = "use WordNet 3.0, whose synsets ImageNet has, and synsets as keys"
            raise mistake(path, "synset", "each class's key", f"no {row['key']!r}", remedy)
    chains = [_chain(row["key"], nouns) for row in listed]
    children = _children(chains)
    kept = {row["key"] for row in listed} | {synset for synset, below in children.items() if len(below) > 1}
    rows = _named(listed, _by_size(chains, kept), nouns, _merged(chains, kept))
    names = {row["key"]: row["name"] for row in rows}
    filled = [
        row | {"parent": next((names[synset] for synset in _chain(row["key"], nouns)[1:] if synset in names), None)}
        for row in rows
    ]
    frame = pl.DataFrame(filled, schema=Classes.create_empty().drop("place").schema)
    return frame.with_row_index("place").cast({"place": pl.Int32})


def _read_nouns(path: Path) -> dict[str, Noun]:
    if not path.is_file():
        remedy = (
            "name the folder of WordNet 3.0 in class_lists (apt-get install wordnet-base, or nltk's corpus wordnet)"
        )
        raise mistake(path, "file", "WordNet's nouns", "none", remedy)
    nouns: dict[str, Noun] = {}
    with readable(path, "text"), opened_text(path) as file:
        for number, line in enumerate(file, start=1):
            # The licence at the start is indented.
            if line.startswith("  ") or not line.strip():
                continue
            try:
                synset, noun = _noun(line.partition(" | ")[0].split())
            except (ValueError, IndexError) as error:
                expected, remedy = "a noun of WordNet", "use data.noun as it is distributed"
                raise mistake(f"{path}, line {number}", "text", expected, repr(line[:40]), remedy) from error
            nouns[synset] = noun
    return nouns


def _noun(fields: Sequence[str]) -> tuple[str, Noun]:
    """Return the synset and the noun of a line.

    The number of lemmas is hexadecimal, and each has two fields; a pointer has four.
    """
    place, lemmas = int(fields[0]), int(fields[3], 16)
    pointers = fields[5 + 2 * lemmas :]
    if len(pointers) < 4 * int(fields[4 + 2 * lemmas]):
        raise ValueError("fewer pointers than announced")
    hypernyms = [pointers[at + 1] for at in range(0, len(pointers) - 3, 4) if pointers[at] in ("@", "@i")]
    names = tuple(name.replace("_", " ") for name in fields[4 : 4 + 2 * lemmas : 2])
    return f"n{place:08d}", Noun(names, f"n{hypernyms[0]}" if hypernyms else None)


def _chain(synset: str, nouns: Mapping[str, Noun]) -> list[str]:
    """Return a synset and its ancestors, the nearest first."""
    chain = [synset]
    while (parent := nouns[chain[-1]].parent) in nouns and parent not in chain:
        chain.append(str(parent))
    return chain


def _children(chains: Iterable[Sequence[str]]) -> Mapping[str, set[str]]:
    """Return the children of each synset that are in a chain."""
    children: defaultdict[str, set[str]] = defaultdict(set)
    for chain in chains:
        for child, parent in pairwise(chain):
            children[parent].add(child)
    return children


def _merged(chains: Iterable[Sequence[str]], kept: set[str]) -> Mapping[str, list[str]]:
    """Return the synsets left out below each one that is kept."""
    merged: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for chain in chains:
        waiting: list[str] = []
        for synset in chain:
            if synset in kept:
                merged[synset] |= dict.fromkeys(waiting)
                waiting = []
            else:
                waiting.append(synset)
    return {synset: list(others) for synset, others in merged.items()}


def _by_size(chains: Iterable[Sequence[str]], kept: set[str]) -> list[str]:
    """Return the kept parents, those of most classes first."""
    below = Counter(synset for chain in chains for synset in chain if synset in kept)
    return sorted(below, key=lambda synset: (-below[synset], synset))


def _named(
    listed: Sequence[Mapping[str, Any]],
    parents: Iterable[str],
    nouns: Mapping[str, Noun],
    merged: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Return the rows of classes and parents, with unique names."""
    taken: set[str] = set()

    def free(names: Iterable[str]) -> list[str]:
        new = [name for name in dict.fromkeys(names) if spelling(name) not in taken]
        taken.update(map(spelling, new))
        return new

    def named(name: str, synset: str) -> str:
        return next(iter(free([name])), f"{name} ({synset})")

    rows = [dict(row) | {"name": named(row["name"], row["key"])} for row in listed]
    empty = dict.fromkeys(Classes.create_empty().drop("place").columns)
    classes = {row["key"] for row in listed}
    for synset in parents:
        if synset not in classes:
            lemmas = nouns[synset].lemmas
            rows.append(empty | {"key": synset, "name": named(lemmas[0], synset), "synonyms": free(lemmas)})
    for row in rows[len(listed) :]:
        row["synonyms"] += free(name for other in merged.get(row["key"], ()) for name in nouns[other].lemmas)
    return rows
