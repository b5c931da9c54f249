from inspect import signature

from imeval.plan.input_functions import input_function, plans_jobs


@plans_jobs
class Jobs:
    prefix: str

    def path(self, name: str) -> str:
        return f"{self.prefix}/{name}"


def test_a_function_keeps_its_signature() -> None:
    def path(name: str) -> str:
        return name

    before = signature(path)
    assert input_function(path) is path
    assert vars(path)["__signature__"] == before == signature(path)


def test_the_methods_of_a_plan_are_input_functions() -> None:
    jobs = Jobs("results")
    assert "__signature__" in vars(Jobs.path)
    assert list(signature(jobs.path).parameters) == ["name"]
    assert jobs.path("a") == "results/a"


def test_the_text_of_a_plan_has_no_configuration() -> None:
    assert "results" not in repr(Jobs("results"))
