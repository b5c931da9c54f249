"""Serve the page on which people review disputed labels."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from imeval.annotation import database
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.run.joblog import job
from imeval.viewer import serving
from imeval.viewer.app import create_app
from imeval.viewer.browsed import Browsed
from imeval.viewer.class_search import ClassSearch, imagenet_synonyms
from imeval.viewer.review import Review, Reviewed

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    browsed: Mapping[str, Any],
    reviewed: Mapping[str, Any],
    class_list: Sequence[str],
    names: Mapping[str, str],
    port: int,
    stack: ExitStack,
) -> serving.Served:
    """Return the page, ready to be served, and print its address.

    The database is open until `stack` is closed.
    """
    settings, classes = Reviewed.restored(reviewed), class_lists.of_job(class_list)
    synonyms: dict[int, list[str]] = {}
    for name, number in classes.synonyms.items():
        synonyms.setdefault(number, []).append(name)
    search = ClassSearch(renamed(classes.names, names), synonyms if class_list else imagenet_synonyms())
    opened = stack.enter_context(database.opened(settings.database, settings.image_set, settings.labels))
    review = Review(settings, opened, search)
    served = serving.Served(create_app(Browsed.restored(browsed), review), serving.bound(port))
    print(f"imeval: the page is at {served.address}; Ctrl-C ends it", flush=True)
    return served


if __name__ == "__main__":
    with ExitStack() as stack:
        with job(snakemake.log[0], snakemake.params.subject):
            ready = main(
                browsed=snakemake.params.browsed,
                reviewed=snakemake.params.reviewed,
                class_list=snakemake.params.class_list,
                names=snakemake.params.names,
                port=snakemake.params.port,
                stack=stack,
            )
        # Outside of the job, which would report every 30 s that it still runs.
        ready.until_stopped()
