"""The paper's printed numbers, and the verdicts that they lead to."""

from functools import cache

import polars as pl
import yaml
from imeval.claims.claim import all_claims
from imeval.claims.judging import judge
from imeval.claims.published import read_published
from imeval.claims.results import Results
from imeval.plan import discovery
from projects import ROOT

MODELS = yaml.safe_load((ROOT / "config/models.yaml").read_text())["models"]
GROUPS = {name: model["group"] for name, model in MODELS.items()}
NOTHING = Results({}, {})


@cache
def paper() -> Results:
    named = sorted({table for tables in discovery.claims().values() for table in tables})
    return read_published({table: str(ROOT / f"config/published/{table}.csv") for table in named}, GROUPS, ["gpt_4o"])


@cache
def verdicts() -> pl.DataFrame:
    """Return the verdicts on the paper's numbers, and on a run without any."""
    return judge(all_claims(), paper(), NOTHING, 0.95)


def whole(claim: str) -> str:
    """Return the paper's own verdict on a claim as a whole."""
    return verdicts().filter(claim=claim, model="", detail="all")["paper_verdict"].item()


def values(claim: str) -> dict[str, float]:
    """Return the paper's values by subject, such as "gpt_4o" or "gpt_4o M over S", with two decimals."""
    rows = verdicts().filter(pl.col("claim") == claim, pl.col("paper_value").is_not_null())
    return {
        f"{row['model']} {row['detail']}".strip(): round(row["paper_value"], 2) for row in rows.iter_rows(named=True)
    }


def failing(claim: str) -> set[str]:
    """Return the subjects for which the paper's numbers do not support a claim."""
    rows = verdicts().filter(claim=claim, paper_verdict="not supported").filter(pl.col("detail") != "all")
    return {f"{row['model']} {row['detail']}".strip() for row in rows.iter_rows(named=True)}
