"""The second annotation pass: Section 3.4, Figure 7."""

from collections.abc import Iterator

from imeval.claims.claim import Part, Parts, between, claim
from imeval.claims.results import Key, Missing, Results


@claim(
    "In about half of the disputed cases, annotators replace or augment the labels with the MLLM's prediction.",
    where="Abstract; Sections 1 and 3.4; Figure 7",
    formula="images whose second labels have the class that the MLLM answered, in percent of those where this class is "
    "none of the first labels; about half is read as 40 to 60",
    tables=("figure7",),
)
def disputed_labels_adopted(results: Results) -> Parts:
    """Find how many disputed predictions are adopted."""
    for key in _adopted(results):
        yield Part(results.number(key), between(40, 60), key.model, key.category)


def _adopted(results: Results) -> Iterator[Key]:
    found = [key for key in results.values if key.table == "figure7" and key.metric == "adopted"]
    if not found:
        raise Missing(results.absent.get("figure7", "figure7: an MLLM with cw"))
    yield from found
