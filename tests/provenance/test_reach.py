"""Which change of which file changes the hash of a script, on packages of a few lines."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from imeval.provenance.code import code_hash

Files = Mapping[str, str]
Changes = Callable[..., bool]


@pytest.fixture
def changes(tmp_path: Path) -> Changes:
    """Whether a hash changes with one word, or a whole file, of a package."""
    copies = 0

    def hashed(files: Files, backends: tuple[str, ...]) -> str:
        nonlocal copies
        copies += 1
        folder = tmp_path / str(copies)
        for path, text in ({"imeval/__init__.py": ""} | files).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        return code_hash(folder / "score.py", backends)

    def changes(files: Files, path: str, old: str, new: str, *backends: str) -> bool:
        assert old in files.get(path, "")
        changed = files | {path: files.get(path, "").replace(old, new)}
        return hashed(files, backends) != hashed(changed, backends)

    return changes


METRICS = """
import math
from dataclasses import dataclass
from imeval.bounds import LOW, HIGH as MOST

NAMES = {"accuracy": "share"}
SHARES: dict[str, float] = {}
SHARES |= {"oop": 0.5}
PLACES, DIGITS = 1, 2


@dataclass(frozen=True)
class Share:
    n: int

    def value(self):
        return bounded(self.n)


def bounded(n: int):
    return max(LOW, math.floor(n))


def most(n=MOST):
    return n


def names():
    return NAMES, SHARES, DIGITS


def unused():
    return 3
"""
PACKAGE = {
    "score.py": "from imeval.metrics import Share\nprint(Share(1).value())\n",
    "imeval/metrics.py": METRICS,
    "imeval/bounds.py": "LOW = 0\nHIGH = 100\nOTHER = 50\n",
}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("score.py", "Share(1)", "Share(2)"),
        ("imeval/metrics.py", "bounded(self.n)", "bounded(self.n + 1)"),
        ("imeval/metrics.py", "frozen=True", "frozen=False"),
        ("imeval/metrics.py", "max(LOW", "min(LOW"),
        ("imeval/metrics.py", "import math", "import numpy as math"),
        ("imeval/bounds.py", "LOW = 0", "LOW = 1"),
    ],
)
def test_what_a_script_uses_counts_through_classes_functions_constants_and_imports(
    changes: Changes, path: str, old: str, new: str
) -> None:
    assert changes(PACKAGE, path, old, new)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("imeval/metrics.py", "return 3", "return 4"),
        ("imeval/metrics.py", "return NAMES, SHARES", "return SHARES, NAMES"),
        ("imeval/metrics.py", '"share"', '"rate"'),
        ("imeval/metrics.py", "def unused", "class Unused:\n    pass\n\n\nCONSTANT = 1\n\n\ndef unused"),
        ("imeval/metrics.py", "import math", "import math\nfrom imeval.bounds import OTHER"),
        ("imeval/metrics.py", "import math", "import json, math\n_ENCODER = json.JSONEncoder()"),
        ("imeval/bounds.py", "HIGH = 100", "HIGH = 99"),
        ("imeval/bounds.py", "OTHER = 50", ""),
        ("imeval/other.py", "", "print('nobody imports this')"),
    ],
)
def test_what_nobody_uses_does_not_count(changes: Changes, path: str, old: str, new: str) -> None:
    assert not changes(PACKAGE, path, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bounded(self.n)", "bounded(self.n)  # clipped"),
        ("    def value(self):", '    def value(self):\n        """Return the share."""\n'),
        ("    n: int", '    n: int\n    """The number of images."""'),
        ("max(LOW, math.floor(n))", "max(\n        LOW,\n        math.floor(n),\n    )"),
        ("import math", '"""Metrics."""\nimport math'),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(changes: Changes, old: str, new: str) -> None:
    assert not changes(PACKAGE, "imeval/metrics.py", old, new)


@pytest.mark.parametrize(
    ("script", "module", "old"),
    [
        ("from imeval.m import f\nf()", "def f(n=A): ...\nA = 1\n", "1"),
        ("from imeval.m import f\nf()", "def f(n: A): ...\nA = int\n", "int"),
        ("from imeval.m import f\nf()", 'def f(n: "A"): ...\nA = int\n', "int"),
        ("from imeval.m import f\nf()", 'def f() -> "list[A]": ...\nA = int\n', "int"),
        ("from imeval.m import f\nf()", "def d(f): return f\n@d\ndef f(): ...\n", "return f"),
        ("from imeval.m import C\nC()", "class B:\n    n = 1\nclass C(B): ...\n", "1"),
        ("from imeval.m import C\nC()", "class M(type):\n    n = 1\nclass C(metaclass=M): ...\n", "1"),
        ("from imeval.m import C\nC()", "A = 1\nclass C:\n    n: int = A\n", "1"),
        ("from imeval.m import N\nN", "N: int = 1\n", "1"),
        ("from imeval.m import N\nN", "N = 2\nN += 1\n", "1"),
        ("from imeval.m import N\nN", "M, (N, *O) = 1, (2, 3)\n", "1"),
        ("from imeval.m import N\nN", "M = (N := 1)\n", "1"),
        ("from imeval.m import f\nf()", "def f():\n    return [A for n in B]\nA, B = 1, 2\n", "1"),
        ("from imeval.m import f\nf()", "def f():\n    def g():\n        return A\n    return g\nA = 1\n", "1"),
        ("from imeval.m import f\nf()", "f = lambda: A\nA = 1\n", "1"),
        ("from imeval.m import f\nf()", "def f():\n    global A\n    A += 2\nA = 1\n", "1"),
        ("from imeval.m import f\nf()", "def f(n):\n    match n:\n        case A(): ...\nclass A:\n    n = 1\n", "1"),
    ],
)
def test_all_parts_of_a_definition_are_followed(changes: Changes, script: str, module: str, old: str) -> None:
    assert changes({"score.py": script, "imeval/m.py": module}, "imeval/m.py", old, "str")


@pytest.mark.parametrize(
    "script",
    [
        "from imeval import m\nm.f()",
        "from imeval import m as module\nmodule.f()",
        "import imeval.m\nimeval.m.f()",
        "import imeval.m as module\nmodule.f()",
        "import imeval\nimeval.m.f()",
        "from imeval.m import f as function\nfunction()",
        "from imeval import handed\nhanded.f()",
        "from imeval.handed import g\ng()",
        "from imeval.package import m\nm.f()",
        "from imeval.package import f\nf()",
        "def late():\n    from imeval.m import f\n    return f()",
        "def late():\n    from imeval import m\n    return m.f()",
        "def late():\n    import imeval.m\n    return imeval.m.f()",
        "try:\n    from imeval.m import f\nexcept ImportError:\n    f = None\nf()",
        "try:\n    from imeval import m\nexcept ImportError:\n    m = None\ndef late():\n    return m.f()",
        "if True:\n    from imeval.m import f\ndef late():\n    return f()",
        "from other import f\nf()",
    ],
)
def test_an_import_of_any_form_leads_to_the_one_definition(changes: Changes, script: str) -> None:
    files = {
        "score.py": script,
        "other.py": "from imeval.m import f",
        "imeval/m.py": "def f():\n    return 1\n\ndef g():\n    return 2\n",
        "imeval/handed.py": "from imeval.m import f\nfrom imeval.m import f as g\n",
        "imeval/package/__init__.py": "from imeval.package import m\nfrom imeval.package.m import f\n",
        "imeval/package/m.py": "from ..m import f\n",
    }
    assert changes(files, "imeval/m.py", "return 1", "return 3")
    assert not changes(files, "imeval/m.py", "return 2", "return 3")


@pytest.mark.parametrize(
    "script",
    [
        "from imeval import m\nprint(m)",
        "from imeval import m\ngetattr(m, 'f')()",
        "from imeval import m\nm.__dict__['f']()",
        "from imeval import m\nother = m\nother.f()",
        "from imeval import package\ngetattr(package, 'm').f()",
        "import imeval.m\nuse(imeval.m)",
        "from imeval.m import *\nf()",
        "from imeval.handed import f\nf()",
        "from imeval.handed import *\nf()",
        "from imeval.m import __getattr__ as f",
        "from imeval import m\nm.not_bound_here()",
    ],
)
def test_a_module_counts_as_a_whole_where_the_source_leaves_open_what_is_used(changes: Changes, script: str) -> None:
    files = {
        "score.py": script,
        "imeval/m.py": "from imeval.deep import g\n\ndef f():\n    return 1\n",
        "imeval/deep.py": "def g():\n    return 2\n",
        "imeval/handed.py": "from imeval.m import *\n\ndef h():\n    return 5\n",
        "imeval/package/__init__.py": "",
        "imeval/package/m.py": "from imeval.m import f\n",
    }
    assert changes(files, "imeval/m.py", "return 1", "return 3")
    assert changes(files, "imeval/handed.py", "return 5", "return 3") == ("handed" in script)
    # The package only hands `f` on, which does not use `g`.
    assert changes(files, "imeval/deep.py", "return 2", "return 3") == ("package" not in script)


def test_names_that_change_places_in_imports_count(changes: Changes) -> None:
    files = {
        "score.py": "from imeval.m import f\nf()",
        "imeval/m.py": "from imeval.deep import one as a, two as b\ndef f():\n    return a - b\n",
        "imeval/deep.py": "one = 1\ntwo = 2\n",
    }
    assert changes(files, "imeval/m.py", "one as a, two as b", "two as a, one as b")


def test_a_name_that_a_package_and_one_of_its_modules_have_counts_as_both(changes: Changes) -> None:
    files = {
        "score.py": "from imeval import models\nmodels.backend()",
        "imeval/models/__init__.py": "def backend():\n    return 1\n",
        "imeval/models/backend.py": "N = 2\n",
    }
    assert changes(files, "imeval/models/__init__.py", "1", "3")
    assert changes(files, "imeval/models/backend.py", "2", "3")


def test_imports_in_a_circle_come_to_an_end(changes: Changes) -> None:
    files = {
        "score.py": "from imeval.a import f\nf()",
        "imeval/a.py": "from imeval import a, b\ndef f():\n    return b.g()\n\ndef h():\n    return 1\n",
        "imeval/b.py": "from imeval.a import h\ndef g():\n    return h()\n",
    }
    assert changes(files, "imeval/a.py", "return 1", "return 2")


EFFECTS = [
    "register(KINDS)",
    "for kind in KINDS:\n    register(kind)",
    "if KINDS:\n    FOUND = 1",
    "with opened(KINDS) as file:\n    FOUND = file",
    "settings.size = KINDS",
    "settings['size'] = KINDS",
    "settings['size'] += 1; KINDS",
    "sys.modules.setdefault('sqlalchemy', KINDS)",
    "FOUND, settings.size = 1, KINDS",
    "assert KINDS",
    "del KINDS",
    "@registered\ndef kind():\n    return KINDS",
    "@registry.registered\nclass Kind:\n    kinds = KINDS",
]


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_statement_that_does_more_than_bind_names_counts_with_what_it_uses(changes: Changes, effect: str) -> None:
    module = f"import sys\nfrom imeval import registry\nfrom imeval.registry import registered\nKINDS = [1]\n{effect}\n"
    files = {
        "score.py": "from imeval.m import f\nf()",
        "imeval/m.py": "def f(): ...\n" + module,
        "imeval/registry.py": "def registered(kind):\n    return kind\n",
    }
    assert changes(files, "imeval/m.py", "[1]", "[2]")
    assert changes(files, "imeval/m.py", effect, "")
    # So it does where the module is only imported on the way.
    files |= {
        "score.py": "from imeval.package import inner",
        "imeval/m.py": "def f(): ...\n",
        "imeval/package/m.py": module,
    }
    files |= {"imeval/package/__init__.py": "from imeval.package import m\n", "imeval/package/inner.py": "N = 1\n"}
    assert changes(files, "imeval/package/m.py", "[1]", "[2]")


@pytest.mark.parametrize("path", ["imeval/__init__.py", "imeval/package/__init__.py"])
def test_what_a_package_does_on_the_way_to_a_module_counts(changes: Changes, path: str) -> None:
    files = {"score.py": "from imeval.package.m import f\nf()", path: "LEVEL = 1\nlog(LEVEL)\nOTHER = 2\n"}
    files |= {"imeval/package/m.py": "def f(): ...\n"}
    assert changes(files, path, "LEVEL = 1", "LEVEL = 3")
    assert not changes(files, path, "OTHER = 2", "OTHER = 3")


def test_a_library_imported_for_what_importing_it_does_counts(changes: Changes) -> None:
    files = {
        "score.py": "from imeval.m import f\nf()",
        "imeval/m.py": "import math\ndef f(): ...\ndef g():\n    math.pi\n",
    }
    assert changes(files, "imeval/m.py", "import math", "import math\nimport avif_plugin")
    assert not changes(files, "imeval/m.py", "import math", "import math, json\ndef h():\n    json.dumps(1)\n")


def test_what_type_checkers_alone_read_does_not_count(changes: Changes) -> None:
    module = "from m import A\ndef f(): ...\ndef g(n: 'B'): ...\ng()"
    checked = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from imeval.deep import B\n"
    files = {
        "score.py": "from imeval.m import g\ng()",
        "imeval/m.py": checked + module,
        "imeval/deep.py": "B = 1\nprint(B)\n",
    }
    assert not changes(files, "imeval/m.py", checked, "")
    assert not changes(files, "imeval/deep.py", "B = 1", "B = 2")
    assert changes(files, "imeval/m.py", "deep import B\n", "deep import B\nelse:\n    B = 2\n")


BACKEND = """
from dataclasses import dataclass
from imeval.models.facts import Backend
from imeval.models.shared import load, spare

BACKEND = Backend(rules=("classify",))


@dataclass
class Settings:
    weights: str
    size: int = 224


def helper():
    return spare()
"""
SHARED = "def load(settings):\n    return 1\n\ndef spare():\n    return 2\n\ndef other():\n    return 3\n"
MODELS = {
    "score.py": "from imeval import models\nmodule = models.load('timm')\nmodule.load(module.Settings('w'))\n",
    "imeval/models/__init__.py": "import importlib\ndef load(name):\n    return importlib.import_module(name)\n",
    "imeval/models/facts.py": "class Backend:\n    greedy = False\n",
    "imeval/models/shared.py": SHARED,
    "imeval/models/timm.py": BACKEND,
    "imeval/models/knn.py": BACKEND,
}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("imeval/models/timm.py", "size: int = 224", "size: int = 256"),
        ("imeval/models/timm.py", "return spare()", "return spare() + 1"),
        ("imeval/models/shared.py", "return 1", "return 4"),
        ("imeval/models/shared.py", "return 2", "return 4"),
    ],
)
def test_a_module_loaded_by_name_counts_with_all_it_uses_and_hands_on(
    changes: Changes, path: str, old: str, new: str
) -> None:
    assert changes(MODELS, path, old, new, "models.timm")
    assert not changes(MODELS, path, old, new)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("imeval/models/timm.py", '("classify",)', '("classify", "encode")'),
        ("imeval/models/facts.py", "greedy = False", "greedy = False\n    paid = False"),
        ("imeval/models/shared.py", "return 3", "return 4"),
        ("imeval/models/knn.py", "size: int = 224", "size: int = 256"),
        ("imeval/models/new.py", "", BACKEND),
    ],
)
def test_what_planning_alone_reads_of_a_backend_and_other_backends_do_not_count(
    changes: Changes, path: str, old: str, new: str
) -> None:
    assert not changes(MODELS, path, old, new, "models.timm")


def test_a_backend_that_is_a_package_counts_with_its_modules(changes: Changes) -> None:
    files = MODELS | {"imeval/models/dual/__init__.py": "N = 1\n", "imeval/models/dual/towers.py": "M = 1\n"}
    assert changes(files, "imeval/models/dual/towers.py", "1", "2", "models.dual")


@pytest.mark.parametrize("module", ["base/errors", "base/files", "base/progress", "run/joblog", "fetching/packages"])
def test_modules_that_word_log_or_put_in_place_do_not_count(changes: Changes, module: str) -> None:
    name = module.replace("/", ".")
    script = f"from imeval.{name} import word\nfrom imeval.m import f\nf(word)\n"
    files = {
        "score.py": script,
        f"imeval/{module}.py": "from imeval.m import g\nprint(g())\n\ndef word():\n    return 1\n",
        "imeval/m.py": f"from imeval.{name.rpartition('.')[0]} import {name.rpartition('.')[2]} as alias\n"
        "def f(n):\n    return alias\n\ndef g():\n    return 2\n",
    }
    assert not changes(files, f"imeval/{module}.py", "return 1", "return 3")
    assert not changes(files, f"imeval/{module}.py", "print(g())", "")
    assert not changes(files, "imeval/m.py", "return 2", "return 3")


def test_a_module_that_is_not_there_is_named(changes: Changes) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"imeval\.models\.tim\b"):
        changes(MODELS, "score.py", "timm", "tim", "models.tim")
