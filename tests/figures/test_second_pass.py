from imeval.figures.context import Context
from imeval.figures.second_pass import chosen_source
from made_figures import MODELS


def test_the_first_model_that_people_saw_is_chosen_unless_another_is_wanted() -> None:
    context = Context(files={}, subject="my images", label_set="ReGT", models=MODELS)
    assert chosen_source("figure5", context, ["net", "clip", "imgt"], None) == "clip"
    assert chosen_source("figure5", context, ["net", "clip", "imgt"], "net") == "net"
    # Before a decision every model may be named.
    assert chosen_source("figure5", context, [], None) == "chat"
