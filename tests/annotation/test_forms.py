"""The forms are tested with their readers, in test_decisions.py; here is what no reader of ours shows."""

import csv
from pathlib import Path

from imeval.annotation import forms

from .decided import decision, decisions


def test_lists_in_a_csv_have_spaces_between_their_values(tmp_path: Path) -> None:
    forms.write_csv(decisions(decision("a", "anna", [3, 1], order=["gpt_4o", "imgt"])), tmp_path / "d.csv")
    (row,) = csv.DictReader((tmp_path / "d.csv").open())
    assert (row["labels"], row["order"], row["adjudicates"], row["seed"]) == ("3 1", "gpt_4o imgt", "false", "")
