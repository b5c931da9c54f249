import json
from pathlib import Path

import pytest
from imeval.run import set_aside
from imeval.run.set_aside import OwnResults

OWN = ("tables/*", "figures/*", "export", "provenance.json")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("tables/table1.csv", "tables/table3.csv", "tables/table3.tex", "metrics/a.parquet"):
        path = Path("results", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return Path("results")


def hash_of(path: str) -> str:
    return f"hash of {Path(path).stem}"


def own(changed: str = "", version: str = "1") -> OwnResults:
    def of(path: str) -> str:
        return "new" if changed and changed in path else hash_of(path)

    return OwnResults(None, Path("results"), OWN, of, lambda: version)


def foreign(changed: str = "") -> list[str]:
    return [path.relative_to("results").as_posix() for path in own(changed).foreign()]


def test_results_that_nobody_has_noted_are_another_configurations(folder: Path) -> None:
    assert foreign() == ["tables/table1.csv", "tables/table3.csv", "tables/table3.tex"]


def test_results_of_this_configuration_are_this_runs(folder: Path) -> None:
    own().remember(["results/tables/table1.csv", "results/tables/table3.csv", "results/tables/table3.tex"])
    assert foreign() == []
    assert foreign(changed="table3") == ["tables/table3.csv", "tables/table3.tex"]


def test_only_the_runs_own_results_are_noted() -> None:
    own().remember(["results/metrics/a.parquet"])
    assert not Path("results/configurations.json").exists()


def test_a_named_run_has_its_results_in_its_folder_and_sets_them_aside_under_its_name() -> None:
    named = OwnResults("mine", Path("results/mine"), OWN, hash_of, lambda: "1")
    assert named.foreign() == {}
    table = Path("results/mine/tables/table3.csv")
    table.parent.mkdir(parents=True)
    table.touch()
    assert list(named.foreign()) == [table]
    assert (named.set_aside([table]) / "mine/tables/table3.csv").exists()


def test_a_result_is_moved_with_its_path_and_nothing_is_overwritten(folder: Path) -> None:
    for number in (1, 2):
        path = folder / "tables/table3.csv"
        path.write_text(f"{number}")
        target = own().set_aside([path])
        assert target == Path(f"results/set_aside/{number}")
        assert (target / "tables/table3.csv").read_text() == f"{number}"
        assert not path.exists()


def test_a_folder_is_moved_as_a_whole(folder: Path) -> None:
    (folder / "export/data").mkdir(parents=True)
    (folder / "export/data/samples.parquet").touch()
    assert "export" in foreign()
    target = own().set_aside([folder / "export"])
    assert (target / "export/data/samples.parquet").exists()


def test_notes_are_sorted_and_forget_what_is_gone(folder: Path) -> None:
    own().remember(["results/tables/table3.csv", "results/tables/table1.csv"])
    (folder / "tables/table1.csv").unlink()
    own().remember(["results/figures/agreement.png"])
    assert json.loads((folder / "configurations.json").read_text()) == {
        "figures/agreement.png": {"configuration": "hash of agreement", "version": "1"},
        "provenance.json": {"configuration": "hash of provenance", "version": "1"},
        "tables/table3.csv": {"configuration": "hash of table3", "version": "1"},
    }


def test_an_update_that_changes_what_decides_a_result_is_told_from_a_change_of_the_configuration() -> None:
    own().remember(["results/tables/table1.csv", "results/tables/table3.csv"])
    table3 = Path("results/tables/table3.csv")
    assert own("table3").foreign()[table3] == "another configuration"
    assert own("table3", version="2").foreign()[table3] == "another version of imeval"
    assert Path("results/tables/table1.csv") not in own("table3", version="2").foreign()
    assert own("table3", version="2").foreign()[Path("results/tables/table3.tex")] == "another configuration"


def test_notes_of_a_version_that_noted_none_are_another_versions(folder: Path) -> None:
    notes = {f"tables/{name}": hash_of(name) for name in ("table1.csv", "table3.csv", "table3.tex")}
    (folder / "configurations.json").write_text(json.dumps(notes))
    assert own().foreign() == {}
    assert own("table3").foreign() == dict.fromkeys(
        (Path("results/tables/table3.csv"), Path("results/tables/table3.tex")), "another version of imeval"
    )


@pytest.mark.parametrize("damage", ["", "[]", "{", "null"])
def test_with_damaged_notes_nobody_knows_what_made_the_results(folder: Path, damage: str) -> None:
    (folder / "configurations.json").write_text(damage)
    assert len(foreign()) == 3


def test_the_sentence_names_each_result_once_and_where_it_is(folder: Path) -> None:
    found = dict.fromkeys([folder / "tables/table3.csv", folder / "tables/table3.tex"], "another configuration")
    assert set_aside.sentence(found, Path("results/set_aside/1")) == (
        "made by another configuration: results/tables/table3; they are in results/set_aside/1 now"
    )
    assert set_aside.sentence(found, None).endswith("results/tables/table3; a run will set them aside")
    found |= {folder / "tables/table1.csv": "another version of imeval"}
    assert set_aside.sentence(found, None) == (
        "made by another configuration: results/tables/table3; made by another version of imeval: "
        "results/tables/table1; a run will set them aside"
    )
