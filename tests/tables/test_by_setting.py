from dataclasses import replace

from imeval.tables.by_setting import setting_table
from imeval.tables.results import ACCURACY_OF_ALL_IMAGES
from made_tables import SOCRATIC, context, headings, measured_runs, numbers, row

MODELS = (replace(SOCRATIC, tasks=("ow", "cw")),)


def test_a_model_has_a_row_for_each_setting_under_its_name_written_once() -> None:
    made = setting_table(
        context(models=MODELS), "Setting", ACCURACY_OF_ALL_IMAGES, "by it,", counts_out_of_prompt=False
    )
    assert headings(made) == ["Model", "Setting", "ImGT A 20", "demo ReGT A 20", "demo ReGT A∖N 19"]
    assert [row(made, "socratic", task).cells[:2] for task in ("ow", "cw")] == [("Socratic", "OW"), ("", "CW")]
    assert made.caption.startswith("Accuracy in % of the MLLMs by it, on the demo's 20 photographs")


def test_out_of_prompt_images_are_whole_over_one_run_and_a_mean_over_several() -> None:
    def last(made: object, task: str) -> tuple[str, int]:
        number = numbers(made, "socratic", task)[-1]
        return number.metric, number.decimals

    models = (replace(SOCRATIC, tasks=("cw",)),)
    once = context(models=models)
    several = context(measured_runs("cw", [4, 6]), models=models)
    made = [setting_table(one, "Setting", ACCURACY_OF_ALL_IMAGES, "by it,", counts_out_of_prompt=True)
            for one in (once, several)]  # fmt: skip
    assert [last(one, "cw") for one in made] == [("oop_images", 0), ("oop_images", 2)]
    assert headings(made[0])[-1] == "OOP images"
