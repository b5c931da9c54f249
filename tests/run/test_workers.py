import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from imeval.run.workers import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    before = set(psutil.Process().children())
    started = Workers()
    yield started
    started.end()
    assert set(psutil.Process().children()) == before


def script(folder: Path, text: str, name: str = "tmp1.score.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def noting(folder: Path, value: str) -> str:
    """Return a script that writes a value into a file of its own."""
    text = f"import os, sys\nfrom pathlib import Path\nnoted = Path({str(folder)!r}, 'noted.txt')\n"
    return script(folder, f"{text}noted.write_text(str({value}))\n")


def noted(workers: Workers, folder: Path, value: str) -> str:
    assert workers.run(noting(folder, value), os.environ) == 0
    return (folder / "noted.txt").read_text()


def test_jobs_run_one_after_another_in_one_process(tmp_path: Path, workers: Workers) -> None:
    first, second = (noted(workers, tmp_path, "os.getpid()") for _ in range(2))
    assert first == second != str(os.getpid())


def test_a_job_is_the_main_module_with_nothing_of_the_job_before(tmp_path: Path, workers: Workers) -> None:
    left = "import os, sys\nos.environ['LEFT'] = '1'\nsys.path.append('/left')\nleft = 1\n"
    assert workers.run(script(tmp_path, left), os.environ) == 0
    seen = "(__name__, os.environ.get('LEFT'), '/left' in sys.path, 'left' in globals())"
    assert noted(workers, tmp_path, seen) == "('__main__', None, False, False)"


def test_a_process_is_named_after_its_rule(tmp_path: Path, workers: Workers) -> None:
    assert noted(workers, tmp_path, "Path('/proc/self/comm').read_text()") == "score\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("import sys; sys.exit(3)", 3),
        ("import sys; sys.exit('a reason')", 1),
        ("1 / 0", 1),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit(0)", 0),
    ],
)
def test_the_exit_code_of_a_job_is_that_of_a_python_for_it_alone(
    tmp_path: Path, workers: Workers, text: str, code: int
) -> None:
    assert workers.run(script(tmp_path, text), os.environ) == code
    assert int(noted(workers, tmp_path, "os.getpid()")) != os.getpid()


def test_a_process_that_ended_while_it_waited_is_replaced(tmp_path: Path, workers: Workers) -> None:
    before = noted(workers, tmp_path, "os.getpid()")
    os.kill(int(before), signal.SIGTERM)
    psutil.wait_procs([psutil.Process(int(before))], timeout=10)
    assert noted(workers, tmp_path, "os.getpid()") != before


def test_a_job_goes_to_the_process_that_holds_its_weights(tmp_path: Path, workers: Workers) -> None:
    """Two jobs at a time, then one of each model."""
    (tmp_path / "wait").mkdir()
    text = f"import os, time\nfolder = {str(tmp_path / 'wait')!r}\n"
    text += "open(f'{folder}/{os.getpid()}', 'w')\nwhile len(os.listdir(folder)) < 2: time.sleep(0.01)\n"
    paths = [script(tmp_path, text, f"tmp{model}.classify.py") for model in "ab"]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda path, model: workers.run(path, os.environ, model), paths, "ab")) == [0, 0]

    def process_of(model: str) -> str:
        assert workers.run(noting(tmp_path, "os.getpid()"), os.environ, model) == 0
        return (tmp_path / "noted.txt").read_text()

    of_a, of_b = process_of("a"), process_of("b")
    assert of_a != of_b
    assert [process_of(model) for model in "aab"] == [of_a, of_a, of_b]
    # The one that has waited longest ends before another model is loaded.
    assert process_of("c") not in (of_a, of_b)
    assert not psutil.pid_exists(int(of_a))
    assert process_of("b") == of_b


def test_a_job_with_another_environment_gets_another_process(tmp_path: Path, workers: Workers) -> None:
    first = noted(workers, tmp_path, "os.getpid()")
    assert workers.run(noting(tmp_path, "os.environ['OMP_NUM_THREADS']"), os.environ | {"OMP_NUM_THREADS": "7"}) == 0
    assert (tmp_path / "noted.txt").read_text() == "7"
    assert noted(workers, tmp_path, "os.getpid()") == first


def test_every_job_sees_its_warnings(tmp_path: Path, workers: Workers) -> None:
    lines = ["import warnings", f"file = open({str(tmp_path / 'seen.txt')!r}, 'a')"]
    lines += ["warnings.showwarning = lambda *_: file.write('x')", "warnings.warn('old')"]
    path = script(tmp_path, "\n".join(lines))
    assert [workers.run(path, os.environ) for _ in range(2)] == [0, 0]
    assert (tmp_path / "seen.txt").read_text() == "xx"
