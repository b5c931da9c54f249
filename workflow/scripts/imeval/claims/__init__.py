"""The paper's claims and their test.

A claim is a function of `families`, one module for each part of the paper, with the decorator `claim`:

    @claim(
        "All models achieve higher accuracy on single-label images.",
        where="Table 3",
        formula="Acc(S) − Acc(M) under ReGT",
        tables=("table3",),
    )
    def single_over_multilabel(results: Results) -> Parts:
        for model in results.models("table3"):
            yield Part(results.best(model, "regt", "S") - results.best(model, "regt", "M"), above(0), model)

The same function computes the paper's own value, from its printed tables, and that of a run.

Every start of a run imports this file, so it imports nothing but the standard library.
"""

from pathlib import Path

FAMILIES = Path(__file__).with_name("families")


def module_names() -> list[str]:
    """Return the modules with claims, below imeval."""
    # The pattern leaves out __init__.py.
    return sorted(f"claims.families.{path.stem}" for path in FAMILIES.glob("[a-z]*.py"))
