import numpy as np
import polars as pl
from imeval import tables
from imeval.scoring import breakdowns
from published_tables import SUBSET, beside_the_paper, differences, lines, printed_context, scores, that_print


def test_table_12_comes_out_from_the_same_images_at_each_position() -> None:
    # Batches of ten over 625 images: 63 stand first, 63 fifth, 62 tenth.
    positions = [place % 10 + 1 for place in range(625)]
    responses = pl.DataFrame(
        {"image_id": [f"{place:05d}" for place in range(625)], "position": positions},
        {"image_id": pl.String, "position": pl.Int16},
    ).with_columns(run=pl.lit(0, pl.Int16))
    frames, models = [], {}
    for line in lines("table12"):
        at = np.array(positions) == int(line["position"])
        rank = np.cumsum(at) - 1
        columns = {
            labels: at & (rank < that_print(line[f"{labels}_accuracy"], int(at.sum()))[0])
            for labels in ("imgt", "regt")
        }
        made = scores({"S+": 625, "N": 0}, {"S+": 0}, 0).with_columns(
            pl.Series("imgt_correct", columns["imgt"]),
            pl.Series("regt_correct", columns["regt"]),
            pl.Series("oop", at & (rank < int(line["oop_images"]))),
        )
        model, task = line["model"], f"cw.batch_{line['batch_size']}"
        frames.append(
            breakdowns.measure_positions(
                made, responses, [int(line["position"])], model=model, task=task, errors="exclude", confidence=0.95
            )
        )
        models[model] = tuple(dict.fromkeys((*models.get(model, ()), task)))
    made = printed_context(models, {**dict.fromkeys(SUBSET, 0), "S+": 625}, frames, settings={"positions": [1, 5, 10]})
    found = beside_the_paper("positions", made, "table12")
    assert len(found) == 3 * len(lines("table12"))
    assert max(differences(found)) < 0.0052
    table = tables.build("positions", made)
    counts = [row.cells[-1] for block in table.blocks for row in block.rows]
    assert [number.n_hit for number in counts] == [number.value for number in counts]
