import polars as pl
from imeval.scoring import out_of_prompt
from published_tables import WHOLE, beside_the_paper, differences, lines, printed_context, that_print


def test_table_15_comes_out_from_answers_of_each_kind() -> None:
    out = {"internvl3_5": 271, "gpt_4o": 1647, "qwen3_vl": 3290, "llava_onevision": 8364}
    texts = {"partial": "Retriever", "imagenet_name": "crane", "abstain": "I don't know.", "wrong": "golden crane"}
    frames = []
    for model, images in out.items():
        printed = {line["oop_type"]: line["percent"] for line in lines("table15") if line["model"] == model}
        counts = {kind: that_print(printed[kind], images)[0] for kind in ("partial", "imagenet_name", "abstain")}
        counts["wrong"] = images - sum(counts.values())
        answers = [texts[kind] for kind, count in counts.items() for _ in range(count)]
        predictions = pl.DataFrame({"text": answers, "oop": True})
        names = ["golden retriever", "crane bird"]
        frames.append(
            out_of_prompt.measure_kinds(predictions, names, ["crane"], model=model, task="cw", confidence=0.95)
        )
    made = printed_context(dict.fromkeys(out, ("cw",)), WHOLE, frames)
    found = beside_the_paper("oop_types", made, "table15")
    assert len(found) == len(lines("table15"))
    # GPT-4o's row adds up to 100.01 in print.
    assert max(differences(found)) < 0.0115
