"""The 21,841 classes of ImageNet-21k, from the synsets that timm carries.

    PYTHONPATH=workflow/scripts python -m imeval.labels.imagenet21k > imagenet21k.csv

The CSV is a class list, with synsets as keys:

    class_id,name,key
    0,organism,n00004475
    1,benthos,n00005787
"""

import csv
import sys

from imeval.base.user_tables import spelling
from imeval.labels.classes import package_file


def classes() -> list[tuple[int, str, str]]:
    """Return class id, name and synset of each class.

    Class ids are the places of synsets in alphabetical order. A name is the first lemma that no class before has; where
    all are taken, the first with the synset in parentheses.
    """
    folder = package_file("timm", "data/_info")
    synsets = (folder / "imagenet22k_synsets.txt").read_text(encoding="utf-8").split()
    lines = (folder / "imagenet_synset_to_lemma.txt").read_text(encoding="utf-8").splitlines()
    lemmas = {synset: names.split(", ") for synset, names in (line.split("\t") for line in lines)}
    taken: set[str] = set()
    listed = []
    for number, synset in enumerate(synsets):
        first = f"{lemmas[synset][0]} ({synset})"
        name = next((name for name in lemmas[synset] if spelling(name) not in taken), first)
        taken.add(spelling(name))
        listed.append((number, name, synset))
    return listed


if __name__ == "__main__":
    csv.writer(sys.stdout, lineterminator="\n").writerows([("class_id", "name", "key"), *classes()])
