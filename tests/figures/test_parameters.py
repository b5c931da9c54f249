from pathlib import Path

from imeval.figures import parameters
from imeval.figures.context import Model
from imeval.scoring.contract import Metrics
from made_figures import context

ROWS = [("small", "cw"), ("large", "cw"), ("large", "ow")]


def test_each_model_stands_at_its_parameters_with_its_best_accuracy(tmp_path: Path) -> None:
    written = {
        f"metrics_{place}": (
            Metrics,
            [(*row, "accuracy", labels, "A", value, 0.1, 0.9, "wilson", 10, 5, 10, 0, 0, 0, 0, 0, 0, 1)
             for labels, value in (("imgt", 0.2), ("regt", best))],
        )
        for place, (row, best) in enumerate(zip(ROWS, (0.5, 0.3, 0.75), strict=True))
    }  # fmt: skip
    models = {"small": Model("Small", "supervised", 0.3), "large": Model("Large", "mllm", 72)}
    made = context(tmp_path, written, rows=ROWS, models=models)
    found = parameters.figure(made, parameters.Settings())
    assert found.data.select("title", "task", "parameters", "value").rows() == [
        ("Large", "ow", 72.0, 75.0), ("Small", "cw", 0.3, 50.0),
    ]  # fmt: skip
    assert found.title == "Accuracy under ReGT by number of parameters: my images"
    assert "Large: 72 billion parameters, 75.0 %." in found.text
    original = parameters.figure(made, parameters.Settings(labels="imgt"))
    assert original.data["value"].to_list() == [20.0, 20.0]
    assert original.title.startswith("Accuracy under ImGT")
