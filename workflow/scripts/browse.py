"""Serve the page of a run's images and answers."""

from collections.abc import Mapping
from threading import Thread
from typing import TYPE_CHECKING, Any

from imeval.run.joblog import job
from imeval.viewer import serving
from imeval.viewer.app import create_app
from imeval.viewer.browsed import Browsed

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, browsed: Mapping[str, Any], port: int) -> serving.Served:
    """Return the page, ready to be served, and print its address."""
    app = create_app(Browsed.restored(browsed))
    served = serving.Served(app, serving.bound(port))
    Thread(target=app.state.results.read_ahead, daemon=True).start()
    print(f"imeval: the page is at {served.address}; Ctrl-C ends it", flush=True)
    return served


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        ready = main(browsed=snakemake.params.browsed, port=snakemake.params.port)
    # Outside of the job, which would report every 30 s that it still runs.
    ready.until_stopped()
