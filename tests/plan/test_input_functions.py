from dataclasses import FrozenInstanceError
from inspect import signature

import pytest
from imeval.plan.input_functions import input_function, plans_jobs
from snakemake.common import get_function_params


@plans_jobs
class Toy:
    secret: str

    def of(self, wildcards: str, attempt: int) -> str:
        return f"{self.secret} {wildcards} {attempt}"


def test_a_method_is_called_and_inspected_as_before() -> None:
    method = Toy("s").of
    assert method("w", attempt=1) == "s w 1"
    assert list(signature(method).parameters) == ["wildcards", "attempt"]


def test_the_text_of_a_method_has_no_value_of_its_object() -> None:
    assert "s3cret" not in str(Toy("s3cret").of)


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Toy("s").secret = "t"  # type: ignore[misc]


def test_snakemake_finds_the_parameters_of_a_function_without_inspecting_it() -> None:
    function = input_function(lambda wildcards: wildcards)
    assert get_function_params(function) is get_function_params(function)
    assert "attempt" in get_function_params(Toy("s").of)
