import re

import polars as pl
from imeval.claims.page import to_html
from printed_claims import verdicts


def page(claims: pl.DataFrame) -> str:
    return to_html(claims, "my <images>", "ReaL", 0.95, {"gpt_4o": "GPT-4o & co"})


def test_the_page_has_a_section_for_each_claim_and_counts_the_verdicts() -> None:
    text = page(verdicts())
    assert text.count("<section") == verdicts()["claim"].n_unique()
    assert re.findall(r'<tr><th>the paper&#39;s numbers</th><td class="number">(\d+)</td><td class="number">6<', text)
    assert "Labels: ReaL." in text


def test_texts_are_escaped_and_no_script_can_run() -> None:
    text = page(verdicts())
    assert "my &lt;images&gt;" in text
    assert "GPT-4o &amp; co" in text
    assert "default-src 'none'" in text
    assert "<script" not in text


def test_a_value_stands_beside_the_papers_with_its_interval_and_verdict() -> None:
    changes = {"value": 64.0, "ci_low": 58.125, "ci_high": float("inf"), "verdict": "cannot tell", "missing": ""}
    ratio = verdicts().filter(claim="mapping_ratio_regt").with_columns(**{k: pl.lit(v) for k, v in changes.items()})
    text = re.sub(r"\s+", " ", page(ratio))
    assert '<td>67 ± 0.5</td> <td class="number">64.24</td><td><span class="not">not supported</span></td>' in text
    assert '<td class="number">64.00</td> <td>58.12 to ∞</td> <td><span class="cannot">cannot tell</span>' in text


def test_a_claim_counts_the_values_behind_its_verdict() -> None:
    text = re.sub(r"\s+", " ", page(verdicts().filter(claim="single_over_multilabel")))
    assert 'The paper\'s numbers: <span class="not">not supported</span> (10 of 13 values).' in text


def test_a_claim_names_what_is_missing() -> None:
    changed = verdicts().filter(claim="gap_halves").with_columns(missing=pl.lit("table3: supervised"))
    assert "(missing: table3: supervised)" in page(changed)
