from imeval.base.local_page import PORT
from imeval.viewer.browsed import Browsed

from ..conftest import SCHEMAS
from .jobs import job


def test_the_page_shows_the_answers_of_the_run_s_models_under_each_label_set(demo) -> None:
    browsed = Browsed.restored(demo.viewer.browsed(job()))
    image_set = browsed.image_sets[0]
    assert (image_set.name, browsed.label_set) == ("demo", "demo_regt")
    assert image_set.labels["demo_regt"] == "results/labels/demo/demo_regt.parquet"
    files = {files.name: files for files in image_set.answers}
    assert files["conse/cw"].predictions["demo_regt"] == "results/predictions/demo/cw/conse.parquet"
    assert files["conse/cw"].scores["demo_regt"] == "results/scores/demo/demo_regt/cw/conse.parquet"


def test_answers_of_a_table_s_variants_are_among_them(demo) -> None:
    browsed = Browsed.restored(demo.viewer.browsed(job()))
    names = [files.name for image_set in browsed.image_sets for files in image_set.answers]
    assert "socratic/cw_plus" in names
    assert len(names) == len(set(names))


def test_the_port_is_that_of_the_schema_or_of_the_command_line(demo, study_of) -> None:
    assert demo.viewer.port == PORT == SCHEMAS["config"]["properties"]["port"]["default"]
    assert study_of({"port": 9000}).viewer.port == 9000
