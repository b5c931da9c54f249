"""Revised label sets, named after the one that they revise.

demo_regt@2 is demo_regt with people's decisions about it, and demo_regt@3 is demo_regt@2 with those about that.
"""

from collections.abc import Iterator

from imeval.labels.selection import BY_LABEL_SET, named_label_sets
from imeval.plan.explanations import Problem
from imeval.plan.schema import Config


def unrevised(name: str) -> str:
    """Return the label set before its revisions."""
    return name.partition("@")[0]


def predecessor(name: str) -> str:
    """Return the label set that a revised one revises.

    >>> predecessor("real@2"), predecessor("real@3")
    ('real', 'real@2')
    """
    base, _, number = name.partition("@")
    return base if number == "2" else f"{base}@{int(number) - 1}"


def _is_revised(name: str) -> bool:
    return "@" in name


def revision_problems(config: Config) -> Iterator[Problem]:
    """Yield the mistakes of revised label sets."""
    known = config["label_sets"]
    for name, entry in known.items():
        keys = ("label_sets", name)
        if (entry["kind"] == "revised") != ("@" in name):
            expected, remedy = "a name with @ for revised labels, and for these alone", "rename it, such as real@2"
            yield Problem((*keys, "kind"), expected, f"{entry['kind']} of '{name}'", remedy)
        elif "@" in name and (int(name.partition("@")[2]) < 2 or predecessor(name) not in known):
            expected = f"an entry '{predecessor(name)}' that it revises"
            yield Problem(keys, expected, "none", "name it after an entry of label_sets, with @2 behind it")
    for name, image_set in config["image_sets"].items():
        for key in BY_LABEL_SET:
            for chosen in filter(_is_revised, named_label_sets(image_set.get("selection", {}), key)):
                remedy = f"select by {unrevised(chosen)}"
                expected = "a label set that is not revised"
                yield Problem(("image_sets", name, "selection", key), expected, f"'{chosen}'", remedy)
