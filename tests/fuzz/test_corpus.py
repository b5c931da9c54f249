"""What was found by `tests/fuzzing.py`, and what it begins from."""

from pathlib import Path

import pytest
from fuzzing import CORPUS, corpus, read

from .readers import TARGETS


@pytest.mark.parametrize("path", [pytest.param(path, id=f"{path.parent.name}/{path.name}")
                                  for target in TARGETS for path in corpus(target)])  # fmt: skip
def test_every_file_of_the_corpus_is_read_or_refused_in_time(path: Path) -> None:
    read(TARGETS[path.parent.name], path.read_bytes())


def test_every_target_has_a_corpus() -> None:
    assert sorted(TARGETS) == sorted(path.name for path in CORPUS.iterdir())
