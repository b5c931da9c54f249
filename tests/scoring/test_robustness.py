import pytest
from imeval.scoring.robustness import effective_robustness


def test_effective_robustness_is_the_accuracy_above_the_line_through_the_logits() -> None:
    # The logits of 0.5, 0.731… and 0.881… are 0, 1 and 2: three points on a line have no residual.
    on_line = [0.5, 0.7310585786300049, 0.8807970779778823]
    assert effective_robustness(on_line, on_line) == pytest.approx([0, 0, 0], abs=1e-12)
    # Logits 0, 3 and 0 over 0, 1 and 2 have the flat line 1, an accuracy of 0.731….
    lifted = effective_robustness(on_line, [0.5, 0.9525741268224334, 0.5])
    assert lifted == pytest.approx([0.5 - 0.7310585786300049, 0.9525741268224334 - 0.7310585786300049, -0.23105857863])


def test_few_rows_and_infinite_logits_have_none() -> None:
    assert effective_robustness([0.5, 0.6], [0.1, 0.2]) is None
    assert effective_robustness([0.5, 0.5, 0.5], [0.1, 0.2, 0.3]) is None
    assert effective_robustness([0.5, 0.6, 0.7, 0.8, 0.9], [0.1, 0.2, 0.3, 0, None])[3:] == [None, None]
