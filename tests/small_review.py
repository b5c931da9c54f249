"""A review of the small run's labels, by the models "good" and "odd".

b and d are disputed, and a and c are the control sample. The sources propose for b, whose label is hen: rooster (imgt
and odd) and hen (labels and good); for d: rooster (imgt), none (labels) and ostrich (good); for a: rooster (all).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import small_run
from imeval.annotation import LABEL_SOURCES, database, disputes
from imeval.annotation.contract import Disputes, Proposals
from imeval.annotation.disputes import Selection
from imeval.annotation.proposals import proposals
from imeval.base import parquet
from imeval.labels.classes import class_names
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.viewer.browsed import Browsed
from imeval.viewer.class_search import ClassSearch, imagenet_synonyms
from imeval.viewer.review import Review, Reviewed

SEARCH = ClassSearch(class_names("clean"), imagenet_synonyms())


def write(folder: Path, control: int = 2, people: tuple[str, ...] = (), overlap: int = 1) -> tuple[Browsed, Reviewed]:
    """Write the run and what is reviewed of it below a folder."""
    browsed = small_run.write(folder)
    image_set = browsed.image_sets[0]
    labels = parquet.read(image_set.labels["regt"], Labels)
    predicted = {one.model: parquet.read(one.predictions["regt"], Predictions) for one in image_set.answers}
    selection = Selection(["S-", "N"], [], control=control, seed=0)
    chosen = disputes.disputes(labels, predicted, {}, selection, confident_of=None)
    files = folder / "results/disputes/regt.parquet", folder / "results/disputes/regt/proposals.parquet"
    parquet.write(files[0], Disputes, chosen)
    parquet.write(files[1], Proposals, proposals(chosen, predicted, [*LABEL_SOURCES, "good", "odd"]))
    paths = dict(zip(("disputes", "proposals"), map(str, files), strict=True))
    settings = {"people": people, "overlap": overlap, "seed": 0, "database": str(folder / "annotations/regt.sqlite")}
    return browsed, Reviewed(image_set="small", labels="regt", title="small labels", **paths, **settings)


@contextmanager
def reviewing(reviewed: Reviewed) -> Iterator[Review]:
    """Open a review."""
    with database.opened(reviewed.database, reviewed.image_set, reviewed.labels) as opened:
        yield Review(reviewed, opened, SEARCH)
