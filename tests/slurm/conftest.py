from collections.abc import Iterator

import pytest

from .one_machine import Cluster, cluster, missing, of_cluster


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if missing():
        pytest.skip(f"no SLURM here (apt-get install slurm-wlm munge): {', '.join(missing())} not found")
    folder = tmp_path_factory.mktemp("slurm")
    with cluster(folder) as running:
        yield running
    assert of_cluster(folder) == []
