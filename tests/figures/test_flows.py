from pathlib import Path

from imeval import figures
from imeval.figures.drawing import Drawn
from imeval.labels.contract import Labels
from made_figures import context, texts


def drawn(folder: Path, before: list[str], after: list[str]) -> Drawn:
    written = {
        source: (Labels, [(f"{place:02d}", 1, [1], [1], [1], category) for place, category in enumerate(categories)])
        for source, categories in (("other_labels", before), ("labels", after))
    }
    return figures.draw("flows", context(folder, written, other_label_set="ReaL"))


def test_each_pair_of_categories_is_a_band_with_its_images(tmp_path: Path) -> None:
    found = drawn(tmp_path, ["S+", "S+", "S+", "M+", "N"], ["S+", "S+", "M+", "M+", "S-"])
    assert found.data.rows() == [
        ("S+", "S+", 2, 40.0),
        ("S+", "M+", 1, 20.0),
        ("M+", "M+", 1, 20.0),
        ("N", "S-", 1, 20.0),
    ]
    assert found.text == (
        "Label categories from ReaL to ReGT: my images. 3 of 5 images keep their category. S+ to M+: 1. N to S-: 1."
    )
    assert texts(found.figure) == ["ReaL", "S+  3", "M+  1", "N  1", "ReGT", "S+  2", "S−  1", "M+  2"]


def test_without_images_in_both_the_figure_says_so(tmp_path: Path) -> None:
    assert texts(drawn(tmp_path, [], []).figure) == ["no image has labels in both label sets"]
