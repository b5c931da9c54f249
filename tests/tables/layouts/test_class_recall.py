import polars as pl
from imeval.scoring import breakdowns
from published_tables import SUBSET, beside_the_paper, differences, lines, printed_context, that_print


def test_table_9_comes_out_from_whole_images_of_each_class() -> None:
    sizes = {356: 26, 357: 40, 358: 28, 359: 65}
    ids = {"weasel": 356, "mink": 357, "polecat": 358, "domestic ferret": 359}
    printed: dict[str, dict[int, dict[str, str]]] = {}
    for line in lines("table9"):
        printed.setdefault(line["model"], {})[ids[line["class"]]] = line
    own, beside = [], []
    for model, classes in printed.items():
        for frames, labels, column, counts in (
            (beside, "imgt", "imgt_recall", dict.fromkeys(sizes, 50)),
            (own, "regt", "weaselgt_recall", sizes),
        ):
            rows = [
                (f"{class_id}-{place:02d}", class_id, place < that_print(classes[class_id][column], count)[0])
                for class_id, count in counts.items()
                for place in range(count)
            ]
            names, images, hits = zip(*rows, strict=True)
            scored = pl.DataFrame({
                "image_id": names, "run": 0, "category": "S+", "outcome": "answered", "imgt_correct": hits,
                "regt_correct": hits, "oop": False, "alone": False,
            })  # fmt: skip
            labelled = pl.DataFrame(
                {"image_id": names, "imgt": images, "labels": [[image] for image in images], "category": "S+"}
            )
            frame = breakdowns.measure_recall(
                scored, labelled, model=model, task="cw", errors="exclude", confidence=0.95
            )
            frames.append(frame.filter(pl.col("labels") == labels))
    made = printed_context(
        dict.fromkeys(printed, ("cw",)), {**dict.fromkeys(SUBSET, 0), "S+": 159}, own,
        settings={"classes": {str(class_id): name for name, class_id in ids.items()}},
        beside_image_set="all images of the classes", beside_metrics=pl.concat(beside),
    )  # fmt: skip
    found = beside_the_paper("class_recall", made, "table9")
    assert len(found) == 2 * len(lines("table9"))
    assert max(differences(found)) < 0.0052
