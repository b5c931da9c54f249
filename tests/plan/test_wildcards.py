from imeval.plan.wildcards import Wildcards
from snakemake import iocontainers


def test_wildcards_of_snakemake_have_what_input_functions_use() -> None:
    given = iocontainers.Wildcards(toclone=["gpt_4o", "cw"], fromdict={"model": "gpt_4o", "task": "cw"})
    wildcards: Wildcards = given
    assert wildcards.model == "gpt_4o"
    assert wildcards.get("task") == "cw"
    assert wildcards.get("labels") is None
    assert wildcards.get("labels", "regt") == "regt"
    assert dict(wildcards.items()) == {"model": "gpt_4o", "task": "cw"}
