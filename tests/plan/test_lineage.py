import pytest
from imeval.plan.lineage import Lineage, Origin, named

ORIGINS = {
    "scores": Origin("score", {"model": "m", "task": "cw"}, frozenset({"predictions", "labels"})),
    "predictions": Origin("predict", {"model": "m"}, frozenset({"outputs"}), frozenset({"notes"})),
    "outputs": Origin("classify", {"model": "m", "image_set": "demo"}, frozenset()),
}


def test_a_chain_holds_a_file_and_everything_it_comes_from_sorted_by_path() -> None:
    lineage = Lineage(lambda path: ORIGINS.get(path, Origin()))
    assert list(lineage.chain(["scores"])) == ["labels", "outputs", "predictions", "scores"]
    assert lineage.chain(["labels"]) == {"labels": Origin()}


def test_what_only_describes_a_file_is_no_part_of_its_chain() -> None:
    assert "notes" not in Lineage(lambda path: ORIGINS.get(path, Origin())).chain(["predictions"])


def test_the_rules_are_asked_once_about_each_file() -> None:
    asked: list[str] = []

    def origin_of(path: str) -> Origin:
        asked.append(path)
        return ORIGINS.get(path, Origin())

    lineage = Lineage(origin_of)
    lineage.chain(["scores"])
    lineage.chain(["scores", "outputs"])
    assert sorted(asked) == ["labels", "outputs", "predictions", "scores"]


def test_the_values_of_a_wildcard_are_those_of_all_files() -> None:
    assert named(ORIGINS, "model") == ["m"]
    assert named(ORIGINS, "image_set") == ["demo"]
    assert named(ORIGINS, "encoder") == []


def sharded(path: str) -> Origin:
    """Make shards of outputs from shards of images, and these from one listing."""
    stage, _, file = path.partition("/")
    shard = {"shard": file}
    match stage:
        case "outputs":
            return Origin("classify", shard, frozenset({f"images/{file}", "weights"}), code="c")
        case "images":
            return Origin("extract", shard, frozenset({"listing"}))
        case "pairs":
            return Origin("compare", shard, frozenset({f"images/{file}", "images/00002-of-00003"}))
    return Origin()


@pytest.mark.parametrize("stage", ["outputs", "images", "pairs"])
def test_the_chain_of_a_shard_is_that_which_the_rules_give(stage: str) -> None:
    shards = [f"{stage}/0000{number}-of-00003" for number in range(3)]
    lineage = Lineage(sharded)
    assert {path: lineage.origin(path) for path in shards} == {path: sharded(path) for path in shards}


def test_the_rules_are_asked_about_the_first_shard_of_a_stage_alone() -> None:
    asked: list[str] = []

    def origin_of(path: str) -> Origin:
        asked.append(path)
        return sharded(path)

    chain = Lineage(origin_of).chain([f"outputs/{number:05d}-of-00100" for number in range(100)])
    assert len(chain) == 202
    assert sorted(asked) == ["images/00000-of-00100", "listing", "outputs/00000-of-00100", "weights"]
