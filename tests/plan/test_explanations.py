from typing import Any

import pytest
from imeval.plan.explanations import PATTERNS
from plan.conftest import SCHEMAS, mistakes


@pytest.mark.parametrize(
    ("keys", "value", "expected"),
    [
        (("scoring", "confidence"), "high", "a number between 0 and 1, such as 0.95, found 'high'"),
        (("compute", "threads"), 0, "a whole number of at least 1, found 0"),
        (("multiple_choice", "options"), 1, "a whole number from 2 to 26, found 1"),
        (("cluster", "gpu_memory_gb"), 0, "a number above 0, found 0"),
        (("models", "conse", "title"), 7, "a text, found 7"),
        (("mapping", "template_answers"), "yes", "true or false, found 'yes'"),
        (("run", "models"), [], "at least one entry, found the list []"),
        (("run", "models"), ["conse", "conse"], "every entry once, found the list [conse, conse]"),
        (("run", "models"), {"conse": None}, "a list, such as [a, b], found the keys conse"),
        (("run",), None, "keys with values, such as {key: value}, found nothing"),
        (("models", "efficientnet_lite0", "weights"), None, "keys with values, such as {key: value}, found nothing"),
        (("image_sets", "My Set"), {}, "lower-case letters, digits and _, found 'My Set'"),
        (("tables", "mine"), {}, "`table` and a number, such as table19, found 'mine'"),
        (("image_sets", "demo", "class_names"), {"x": "y"}, "a class id, a whole number from 0, found 'x'"),
        (("downloads", "foolbox", "sha256"), "x", "64 digits of a SHA-256, from 0 to 9 and a to f, found 'x'"),
        (
            ("image_sets", "demo", "source"),
            {"pattern": "*"},
            "kind+path or imagenet or kind+of+boxes, found pattern; name one place",
        ),
        (("image_sets", "demo", "source"), {"imagenet": "val", "path": "x"}, "the key 'kind' too, found only imagenet"),
    ],
)
def test_what_was_expected_is_put_in_words(
    config: dict[str, Any], keys: tuple[str, ...], value: object, expected: str
) -> None:
    entry = config
    for key in keys[:-1]:
        entry = entry[key]
    entry[keys[-1]] = value
    assert f"expected {expected}" in mistakes(config)[0]


def test_every_pattern_of_the_schemas_is_put_in_words() -> None:
    def patterns(schema: Any) -> set[str]:
        children = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
        own = {schema["pattern"]} if isinstance(schema, dict) and isinstance(schema.get("pattern"), str) else set()
        return own.union(*map(patterns, children))

    assert patterns(SCHEMAS) == set(PATTERNS)
