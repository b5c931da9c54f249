from pathlib import Path
from typing import Any

import pytest
from imeval.asking.requests import Asking
from imeval.images.sets import Selection
from imeval.images.sources import Source
from imeval.labels.files import read_label_file, read_label_set
from imeval.plan import backends
from imeval.plan.defaults import complete
from plan.conftest import SCHEMAS
from polars.testing import assert_frame_equal

TAGS = ["think", "thinking", "thought", "thoughts", "reasoning", "analysis", "reflection", "scratchpad"]


def defaults_of(registry: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in complete(registry, entry, SCHEMAS).items() if key not in entry}


@pytest.mark.parametrize(
    ("registry", "entry", "added"),
    [
        ("image_sets", {"title": "T"}, {"classes": "imagenet1k", "on_broken": "stop", "shards": 1}),
        (
            "label_sets",
            {"title": "T", "kind": "file"},
            {"classes": "imagenet1k", "format": "csv", "expect_agreement": True},
        ),
        ("tables", {"layout": "tasks"}, {"published": "below", "width": "column", "intervals": "tooltip"}),
        (
            "tasks",
            {"title": "T", "base": "cw"},
            {"order": "random", "runs": 1, "asks_again_alone": True, "asks_about": "all"},
        ),
        ("models", {"backend": "conse"}, {"top": 10}),
        ("models", {"backend": "imported"}, {"expect_agreement": True, "thought_tags": TAGS}),
        ("encoders", {"backend": "sentence_transformers"}, {"parameters": 1, "precision": "fp32", "batch_size": 64}),
    ],
)
def test_an_entry_is_completed_with_the_defaults_of_its_registry_or_backend(
    registry: str, entry: dict[str, Any], added: dict[str, Any]
) -> None:
    assert defaults_of(registry, entry) == added


def test_what_an_entry_gives_goes_before_the_default() -> None:
    assert complete("image_sets", {"shards": 7}, SCHEMAS)["shards"] == 7


def test_only_those_keys_below_a_key_are_completed_that_it_has() -> None:
    assert defaults_of("image_sets", {"selection": {"per_class": 1}}).keys() == {"classes", "on_broken", "shards"}
    completed = complete("image_sets", {"source": {"kind": "folder", "path": "p"}}, SCHEMAS)
    assert completed["source"] == {"kind": "folder", "path": "p", "pattern": "*"}


@pytest.mark.parametrize(("backend", "tokens"), [("socratic", 32), ("transformers", 512), ("openai", 512)])
def test_every_backend_has_its_own_default(backend: str, tokens: int) -> None:
    assert defaults_of("models", {"backend": backend})["max_new_tokens"] == tokens


def test_the_schemas_written_by_hand_declare_the_defaults_of_the_code(tmp_path: Path) -> None:
    image_set = {"source": {"kind": "folder", "path": "p"}, "selection": {}, "original_labels": {"kind": "file"}}
    completed = complete("image_sets", image_set, SCHEMAS)
    assert completed["source"]["pattern"] == Source("folder", tmp_path).pattern
    assert completed["selection"]["seed"] == Selection().seed
    assert complete("tasks", {}, SCHEMAS)["order"] == Asking().order
    labels = tmp_path / "labels"
    labels.write_text("image_id,labels\nn1,3\n")
    label_set = {"kind": "file", "path": str(labels)}
    declared = complete("label_sets", label_set, SCHEMAS)["format"]
    assert declared == completed["original_labels"]["format"]
    assert_frame_equal(read_label_set(label_set), read_label_file(labels, declared))


def test_a_model_takes_every_key_that_starts_its_server() -> None:
    # The arguments and the program are described by the backend itself, as they decide what is answered.
    names = [key.name for key in backends.model_keys("served")]
    assert {key.name for key in backends.server_keys()} <= set(names)
    assert len(names) == len(set(names))
