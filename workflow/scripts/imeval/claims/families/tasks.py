"""The open world (OW): Tables 4 and 17."""

import numpy as np

from imeval.claims.claim import Part, Parts, above, below, between, claim
from imeval.claims.results import Draws, Key, Missing, Results, largest, mean, ratio

_BEST_ENCODERS = {
    "paligemma2": "siglip2_text",
    "llava_onevision": "qwen3_embedding",
    "internvl3_5": "qwen3_embedding",
    "qwen3_vl": "qwen3_embedding",
    "gpt_4o": "siglip2_text",
}
"""The encoder of each model's best row in Table 17, always with templates."""


@claim(
    "The open world outperforms the closed world for half of the evaluated MLLMs.",
    where="Sections 1 and 3.3; Table 4",
    formula="share of the MLLMs with Acc(OW) > Acc(CW) under ReGT; a half is read as 0.4 to 0.6",
    tables=("table4",),
)
def open_world_wins_half(results: Results) -> Parts:
    """Find the share of MLLMs better in OW."""
    models = results.models("table4", "mllm", tasks=("ow", "cw"))
    if len(models) < 2:
        raise Missing("table4: a second MLLM with ow and cw")
    wins = [
        (results.accuracy("table4", model, "ow") > results.accuracy("table4", model, "cw")).astype(np.float64)
        for model in models
    ]
    yield Part(mean(wins), between(0.4, 0.6))


@claim(
    "The advantage of closed-source models under the closed world largely disappears in the open world.",
    where="Section 4; Table 4",
    formula="the lead of the best model behind a paid API over the best open MLLM, in OW as a share of that in CW; "
    "largely is read as to less than a half",
    tables=("table4",),
)
def closed_lead_disappears(results: Results) -> Parts:
    """Compare closed models' leads in both tasks."""
    models = results.models("table4", "mllm", tasks=("ow", "cw"))
    behind_api, weights = ([name for name in models if (name in results.closed) is closed] for closed in (True, False))
    if not behind_api or not weights:
        raise Missing(f"table4: an MLLM {'with open weights' if behind_api else 'behind a paid API'}, with ow and cw")
    open_world, closed_world = (
        _best(results, behind_api, task) - _best(results, weights, task) for task in ("ow", "cw")
    )
    yield Part(ratio(open_world, closed_world), below(0.5))


def _best(results: Results, models: list[str], task: str) -> Draws:
    return largest(results.accuracy("table4", model, task) for model in models)


@claim(
    "Prompt templates help every text encoder for every model.",
    where="Section 2.4; Table 17",
    formula="Acc(OW) under ReGT with the templates, minus that without",
    tables=("table17",),
    paired=("table17",),
)
def templates_help(results: Results) -> Parts:
    """Compare each encoder with and without templates."""
    for model in results.models("table17", "mllm"):
        for without in [task for task in results.tasks("table17", model) if task.endswith("-none")]:
            encoder = without.removeprefix("ow.").removesuffix("-none")
            for task in _with_templates(results, model, encoder):
                gain = results.difference(Key("table17", model, without), Key("table17", model, task))
                yield Part(gain, above(0), model, task.removeprefix("ow."))


def _with_templates(results: Results, model: str, encoder: str) -> list[str]:
    tasks = results.tasks("table17", model)
    return [task for task in tasks if task.startswith(f"ow.{encoder}-") and not task.endswith("-none")]


@claim(
    "The best text encoder is SigLIP 2 for PaliGemma 2 and GPT-4o, Qwen3-Embedding for the other MLLMs.",
    where="Section 2.4; Tables 4 and 17",
    formula="Acc(OW) under ReGT with this encoder and templates, minus the best of all other encoders and templates",
    tables=("table17",),
)
def best_encoder(results: Results) -> Parts:
    """Compare each model's encoder with all others."""
    models = results.models("table17", "mllm")
    known = {
        model: results.names.get(model, model) for model in models if results.names.get(model, model) in _BEST_ENCODERS
    }
    if not known:
        raise Missing(f"table17: {' or '.join(_BEST_ENCODERS)}")
    for model, name in known.items():
        named = _with_templates(results, model, _BEST_ENCODERS[name])
        others = [task for task in results.tasks("table17", model) if task not in named]
        if not named or not others:
            raise Missing(f"table17: {model} with {_BEST_ENCODERS[name]} and templates, and with another encoder")
        best, other = (largest(results.accuracy("table17", model, task) for task in tasks) for tasks in (named, others))
        yield Part(best - other, above(0), model)
