from pathlib import Path

import pytest
from imeval.run.command_line import require_readable

TARGET = "results/tables/table3.tex"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("run: {models: [conse]}\n")
    (tmp_path / "mine.yaml").write_text("run: {labels: real}\n")
    return tmp_path


def refusal(*words: str) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        require_readable(words)
    return str(ended.value.code).splitlines()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-n", TARGET),
        (TARGET, "--configfile", "mine.yaml", "config/config.yaml", "--cores", "8", "nothere.yaml"),
        ("--configfile=mine.yaml", TARGET),
        ("-C", "probe=true", "run={models: [x]}", "--config=pictures=include"),
        ("--config", "file=results/tables/table3.csv", "run_name="),
    ],
)
def test_what_snakemake_can_read_passes(words: tuple[str, ...]) -> None:
    require_readable(words)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"run:\n\tmodels: [x]\n",
            "mine.yaml, line 2: indentation: expected spaces, found a tab; replace it by spaces",
        ),
        (
            b"run: {models: [x\n",
            "mine.yaml, line 2: YAML: expected a key and its value, found an error while",
        ),
        (
            b"run: a: b\n",
            "mine.yaml, line 1: YAML: expected a key and its value, found an error mapping",
        ),
        (
            b"",
            "mine.yaml: file: expected YAML with keys, such as run, found an empty file; correct the file or the path",
        ),
        (
            b"# only a comment\n",
            "mine.yaml: file: expected YAML with keys, such as run, found no key; begin it with a key",
        ),
        (
            b"- a\n- b\n",
            "mine.yaml: file: expected YAML with keys, such as run, found list ['a', 'b']; begin it with a",
        ),
        (
            b"\xff\xfer\x00",
            "mine.yaml: file: expected YAML with keys, such as run, found text in UTF-16; correct the file",
        ),
        (b"run: \xe9\n", "mine.yaml: file: expected YAML in UTF-8, found ('utf-8' codec can't decode byte 0xe9 in"),
        (b"run: \x07\n", "mine.yaml: file: expected YAML in UTF-8, found ("),
    ],
)
def test_a_file_that_is_no_yaml_with_keys_is_named_with_its_line(content: bytes, sentence: str, folder: Path) -> None:
    (folder / "mine.yaml").write_bytes(content)
    (line,) = refusal(TARGET, "--configfile", "mine.yaml")
    assert line.startswith(f"imeval: {sentence}")


def test_the_projects_own_files_are_checked_too(folder: Path) -> None:
    (folder / "config/models.yaml").write_text("models:\n\tmine: {}\n")
    assert refusal(TARGET) == [
        "imeval: config/models.yaml, line 2: indentation: expected spaces, found a tab; replace it by spaces"
    ]


def test_a_file_that_is_not_there_is_named() -> None:
    assert refusal("--configfiles", "mine.yaml", "nothere.yaml") == [
        "imeval: command line: --configfile: expected a file, found no nothere.yaml; correct the path, or leave it out"
    ]
    assert refusal("--configfile", "config")[0].endswith("found a folder; correct the file or the path to it")


@pytest.mark.parametrize("option", ["--configfile", "--config"])
@pytest.mark.parametrize("target", [TARGET, "check", "browse"])
def test_a_target_behind_an_option_that_takes_it_is_named(option: str, target: str, folder: Path) -> None:
    (folder / "results/tables").mkdir(parents=True)
    (folder / TARGET).write_text("% made by an earlier run")
    (line,) = refusal(option, *(["mine.yaml"] if option == "--configfile" else ["probe=true"]), target)
    assert f"found the target {target}; name it before {option}, which takes every word behind it" in line


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            "run.models=[x]",
            "expected a key of the top level before =, found 'run.models'; write --config run='{models: [x]}'",
        ),
        ("run.a b=1", "expected a key of the top level before =, found 'run.a b'; write --config key=value"),
        ("multiple_choice.confusions.model=eva02", "write --config multiple_choice='{confusions: {model: eva02}}'"),
        (
            "[conse]}",
            "expected key=value, found '[conse]}'; quote a value with spaces, as in --config run='{models: [conse]}'",
        ),
    ],
)
def test_a_setting_that_snakemake_cannot_take_is_shown_as_it_can(entry: str, sentence: str) -> None:
    (line,) = refusal(TARGET, "--config", entry)
    assert line.startswith("imeval: command line: --config: expected")
    assert line.endswith(sentence)


def test_every_mistake_has_its_line() -> None:
    assert len(refusal("--configfile", "a.yaml", "b.yaml", "--config", "x")) == 3
