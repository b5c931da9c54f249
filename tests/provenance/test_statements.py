import pytest
from imeval.provenance.statements import Import, Module, Statement, parse


def module(text: str, package: str = "imeval.scoring") -> Module:
    return parse(text.encode(), package)


def only(text: str) -> Statement:
    (statement,) = module(text).statements
    return statement


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("f(a.b.c, d)", {("f",), ("a", "b", "c"), ("d",)}),
        ("f(a).b.c", {("f",), ("a",)}),
        ("a[0].b", {("a",)}),
        ("a.b = c", {("a", "b"), ("c",)}),
        ("a = b", {("b",)}),
        ("a += b", {("a",), ("b",)}),
        ("def f(a: 'b.c', d=e): return [g for g in h]", {("b", "c"), ("e",), ("g",), ("h",)}),
        ("def f(a: Literal['no name']): ...", {("Literal",)}),
        ("@a.b\nclass C(d, metaclass=e): f: g = h", {("a", "b"), ("d",), ("e",), ("g",), ("h",)}),
        ("def f():\n    if TYPE_CHECKING:\n        a\n    else:\n        b", {("b",)}),
    ],
)
def test_the_names_read_in_a_statement_are_found_at_any_depth(text: str, uses: set[tuple[str, ...]]) -> None:
    assert only(text).uses == uses


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("def f(a): b = 1", {"f"}),
        ("class C: a = 1", {"C"}),
        ("a = b = 1", {"a", "b"}),
        ("a, (b, *c) = d", {"a", "b", "c"}),
        ("a: int = 1", {"a"}),
        ("a += 1", {"a"}),
        ("a.b = 1", set()),
        ("a = (b := 1)", {"a", "b"}),
        ("import a.b", {"a"}),
        ("import a.b as c", {"c"}),
        ("from a import b as c", {"c"}),
        ("try:\n    import a\nexcept E:\n    b = 1\nelse:\n    def c(): ...", {"a", "b", "c"}),
        ("for a in b: ...", {"a"}),
        ("a(b)", set()),
    ],
)
def test_the_names_that_a_statement_gives_a_value_to_are_found(text: str, bound: set[str]) -> None:
    assert only(text).binds == bound


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("import a.b", Import("a", "a", None, "a.b")),
        ("import a.b as c", Import("c", "a.b", None, "a.b")),
        ("from a.b import c as d", Import("d", "a.b", "c", "a.b.c")),
        ("from a import *", Import("*", "a", "*", "a.*")),
        ("from . import a", Import("a", "imeval.scoring", "a", "imeval.scoring.a")),
        ("from .a import b", Import("b", "imeval.scoring.a", "b", "imeval.scoring.a.b")),
        ("from ..base import a", Import("a", "imeval.base", "a", "imeval.base.a")),
        ("def f():\n    import a", Import("a", "a", None, "a")),
    ],
)
def test_an_import_is_read_with_what_it_binds_and_loads(text: str, imported: Import) -> None:
    assert list(only(text).imports) == [imported]


@pytest.mark.parametrize("text", ["def f(): ...", "class C: ...", "a = b()", "a: b", "a, b = c", "a += 1", "import a"])
def test_definitions_plain_assignments_and_imports_only_bind_names(text: str) -> None:
    assert only(text).only_binds


@pytest.mark.parametrize(
    "text", ["f()", "a.b = 1", "a, b[0] = 1, 2", "if a: b = 1", "del a", "from a import *", "from __future__ import b"]
)
def test_other_statements_do_more_than_bind_names(text: str) -> None:
    assert not only(text).only_binds


def test_an_import_of_several_names_is_one_statement_for_each() -> None:
    names = [set(statement.binds) for statement in module("import a, b\nfrom c import d, e as f").statements]
    assert names == [{"a"}, {"b"}, {"d"}, {"f"}]


def test_docstrings_and_what_type_checkers_read_are_no_statements() -> None:
    text = (
        '"""A module."""\nfrom typing import TYPE_CHECKING\nN = 1\n"""A number."""\nif TYPE_CHECKING:\n    import a\n'
    )
    assert [set(statement.binds) for statement in module(text).statements] == [{"N"}]


def test_the_digest_is_that_of_the_code_alone() -> None:
    plain = "def f(a):\n    return a\n\n\nclass C:\n    b = 1\n"
    documented = (
        'def f(a):\n    """Return it."""\n    return (a)  # at once\nclass C:\n    """C."""\n    b = 1\n    """B."""'
    )
    assert [one.digest for one in module(plain).statements] == [one.digest for one in module(documented).statements]
    assert only("a = 1").digest != only("a = 2").digest


def test_the_statements_that_bind_a_name_are_found_by_it() -> None:
    parsed = module("a = 1\nb = 2\na += 1\n")
    assert {name: list(numbers) for name, numbers in parsed.binding.items()} == {"a": [0, 2], "b": [1]}
    assert parsed.used == {"a"}
