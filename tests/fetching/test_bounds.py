import resource
import subprocess
import sys
from pathlib import Path

import pytest
from imeval.fetching.bounds import files_of_at_most


def test_a_file_over_the_bound_is_an_error_and_one_within_it_is_written(tmp_path: Path) -> None:
    with files_of_at_most(1000):
        (tmp_path / "small").write_bytes(bytes(1000))
        with pytest.raises(OSError, match="File too large"):
            (tmp_path / "large").write_bytes(bytes(1001))
    (tmp_path / "large").write_bytes(bytes(1001))


def test_the_bound_holds_for_a_program_that_is_started_within_it(tmp_path: Path) -> None:
    program = f"from pathlib import Path; Path({str(tmp_path / 'large')!r}).write_bytes(bytes(1001))"
    with files_of_at_most(1000):
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "File too large" in ended.stderr


def test_a_lower_bound_that_holds_already_stays() -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with files_of_at_most(1000), files_of_at_most(5000):
        assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 1000
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == before
