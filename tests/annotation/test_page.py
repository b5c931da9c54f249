import re

from imeval.annotation import page
from imeval.annotation.agreement import agreements
from imeval.annotation.outcomes import outcomes
from imeval.annotation.resolution import resolve
from imeval.labels.classes import class_names

from .decided import decision, decisions
from .reviewed import labels
from .test_outcomes import image

LABELS = labels(a=(1, [2]), b=(3, [4]))
DECIDED = decisions(
    decision("a", "anna", [0]), decision("a", "ben", [2], note="<b>fins</b>"), decision("b", "anna", "none")
)


def test_disagreements_have_what_each_person_decided() -> None:
    found = page.disagreements(DECIDED, resolve(DECIDED, LABELS), class_names("clean"))
    assert found == [
        {
            "image_id": "a",
            "decisions": ["anna: 0 tench", "ben: 2 great white shark – <b>fins</b>"],
            "after": "2 great white shark",
            "how": "open",
        }
    ]


def test_the_page_has_counts_with_intervals_beside_the_papers() -> None:
    import polars as pl
    from imeval.annotation.contract import Proposals

    proposals = pl.DataFrame([("a", "m", [3])], schema=Proposals.create_empty().schema, orient="row")
    found = outcomes({"": {"a": image([2], [3])}}, proposals, {"m": {("S-", "preferred"): 338}}, 0.95)
    disagreeing = page.disagreements(DECIDED, resolve(DECIDED, LABELS), class_names("clean"))
    facts = {"image_set": "I", "label_set": "L", "confidence": "95 %", "people": ["anna"], "decided": 1, "reviewed": 2}
    html = page.to_html(found, agreements(DECIDED), disagreeing, {"m": "The <model>"}, facts)
    assert "1 (100.0 %, 20.7 to 100.0)" in html
    assert "338 (100.0 %)" in html
    names = ["preferred", "combined", "preserved", "other", "undecided"]
    assert re.findall(r"<th>(\w+)</th>", html)[:5] == names
    assert "The &lt;model&gt;" in html
    assert "&lt;b&gt;fins" in html
    assert "1 of 2 images under review are decided, by\nanna." in html
