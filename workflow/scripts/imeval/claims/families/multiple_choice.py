"""Multiple-choice questions (MC): Tables 6 and 18."""

from imeval.claims.claim import Part, Parts, above, between, claim
from imeval.claims.results import Key, Results, smallest

_BOTH_LABELS = ("mc.imgt_regt_random", "mc.imgt_regt_confeva")
_CLOSED_WORLD = {"cw.repeated": "over CW", "cw_plus": "over CW+"}


@claim(
    "Harder distractors reduce accuracy by 10 to 15 % compared with random ones.",
    where="Sections 1 and 3.2; Tables 6 and 18",
    formula="Acc(ImGT + random) − Acc(ImGT + confEVA) under ImGT, rounded to a whole number",
    tables=("table18",),
    paired=("table18",),
)
def harder_distractors(results: Results) -> Parts:
    """Compare random distractors with those that are confused."""
    for model in results.models("table18", "mllm", tasks=("mc.imgt_random", "mc.imgt_confeva")):
        hard, random = (Key("table18", model, f"mc.imgt_{name}", labels="imgt") for name in ("confeva", "random"))
        yield Part(results.difference(hard, random), between(9.5, 15.5), model)


@claim(
    "Distractors of a confusion matrix (confEVA) are harder than those of similar names (confBERT).",
    where="Section 1; Table 18",
    formula="Acc(confBERT) − Acc(confEVA) under the labels that are offered",
    tables=("table18",),
    paired=("table18",),
)
def confusions_over_names(results: Results) -> Parts:
    """Compare confused classes with similar names."""
    for labels in ("imgt", "regt"):
        tasks = tuple(f"mc.{labels}_{name}" for name in ("confeva", "confbert"))
        for model in results.models("table18", "mllm", tasks=tasks):
            confusions, names = (Key("table18", model, task, labels=labels) for task in tasks)
            yield Part(results.difference(confusions, names), above(0), model, f"{labels} offered")


@claim(
    "When both labels are offered, models choose the ImGT and the ReGT label at similar rates on S-.",
    where="Section 3.2; Table 6",
    formula="answers on S- that choose the ReGT label, minus those that choose the ImGT label, in percent of the "
    "questions; similar is read as within 10",
    tables=("table18",),
    paired=("table18",),
)
def labels_chosen_alike(results: Results) -> Parts:
    """Compare how often each label is chosen."""
    for task in _BOTH_LABELS:
        for model in results.models("table18", "mllm", tasks=(task,)):
            # In S- no class is correct under both labels, so what is correct under one has chosen it.
            imgt, regt = (Key("table18", model, task, labels=labels, category="S-") for labels in ("imgt", "regt"))
            yield Part(results.difference(imgt, regt), between(-10, 10), model, task.removeprefix("mc."))


@claim(
    "Multiple choice inflates performance compared with the closed world.",
    where="Sections 1 and 3.2; Tables 6 and 18",
    formula="the lowest Acc(MC) under ReGT, over all questions, minus Acc(CW) or Acc(CW+) on the same images",
    tables=("table18", "table4"),
)
def choices_inflate(results: Results) -> Parts:
    """Compare the hardest questions with the closed world."""
    for model in results.models("table18", "mllm", tasks=("mc.imgt_random",)):
        tasks = results.tasks("table18", model)
        lowest = smallest(results.accuracy("table18", model, task) for task in tasks if task.startswith("mc."))
        for task in [task for task in tasks if task in _CLOSED_WORLD]:
            yield Part(lowest - results.accuracy("table18", model, task), above(0), model, _CLOSED_WORLD[task])
