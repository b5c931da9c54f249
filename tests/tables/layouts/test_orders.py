from imeval.scoring import metrics
from published_tables import SUBSET, beside_the_paper, differences, lines, printed_context, scores, that_print


def test_table_11_comes_out() -> None:
    frames, models = [], {}
    for line in lines("table11"):
        hits = that_print(line["regt_A"], 6250)[0]
        made = scores(
            {"S+": 6250, "N": 0}, {"S+": hits}, that_print(line["imgt_A"], 6250)[0], out=int(line["oop_images"])
        )
        frames.append(metrics.measure(made, line["model"], f"cw.{line['order']}", "exclude", 0.95))
        models[line["model"]] = (*models.get(line["model"], ()), f"cw.{line['order']}")
    images = {**dict.fromkeys(SUBSET, 0), "S+": 6250}
    found = beside_the_paper("orders", printed_context(models, images, frames), "table11")
    assert len(found) == 3 * len(lines("table11"))
    assert max(differences(found)) < 0.0052
