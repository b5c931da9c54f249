"""The check that class lists fit into the prompts of a run."""

from collections.abc import Iterable, Iterator

from imeval.base.errors import UserError, mistake
from imeval.plan.entries import Entries
from imeval.plan.stages.inference import InferencePlan
from imeval.run.snakemake_internals import PlannedJob

_CHARACTERS_PER_TOKEN = 3.5


def overlong_prompts(entries: Entries, inference: InferencePlan, jobs: Iterable[PlannedJob]) -> Iterator[UserError]:
    """Yield a mistake for each prompt longer than its model's context.

    Prompts are estimated where the classes are a user's, or where the entry of a model states its context.
    """
    places = [(job.wildcards["image_set"], job.wildcards["model"], job.wildcards["task"]) for job in jobs]
    for image_set, model, task in dict.fromkeys(places):
        if entries.class_csv(image_set) is not None or "context_tokens" in entries.model(model):
            yield from _overlong(entries, inference, image_set, model, task)


def _overlong(entries: Entries, inference: InferencePlan, image_set: str, model: str, task: str) -> Iterator[UserError]:
    # Imported late: they load polars, which a run without such jobs need not wait for.
    from imeval.asking.prompts import task_prompt
    from imeval.labels.class_lists import read_class_list

    names = read_class_list(entries.class_csv(image_set)).names
    templates = inference.prompts_of(model, task)
    instead = entries.model(model).get("prompt")
    nearest = entries.nearest(task)
    # The longest names: no image has a longer list.
    listed = sorted(names, key=len)[-nearest[1] :] if nearest else names
    prompt = task_prompt(templates["prompt"], templates.get("json_answer"), instead, listed)
    tokens = int(len(f"{prompt.system}{prompt.before}{prompt.after}") / _CHARACTERS_PER_TOKEN)
    context: int = entries.complete("models", model)["context_tokens"]
    if tokens > context:
        found = f"about {tokens:,} in {task}, with {len(listed):,} names of '{entries.class_list(image_set)}'"
        other = "lower the task's nearest.names" if nearest else "ask in two steps (cw.two_step) or the open world (ow)"
        remedy = f"{other}, or raise it if the model reads more"
        yield mistake(f"models.{model}", "context_tokens", f"a prompt of at most {context:,} tokens", found, remedy)
