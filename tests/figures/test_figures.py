import pytest
from imeval import figures
from imeval.base import parquet
from imeval.choices.contract import Confusions
from imeval.plan import discovery
from imeval.scoring.contract import Agreement


@pytest.mark.parametrize("name", discovery.figures())
def test_every_figure_is_drawn_by_its_name_from_the_files_it_names(name: str, tmp_path) -> None:
    contracts = {"agreement": Agreement, "confusions": Confusions}
    files = {}
    for source in discovery.figures()[name].files:
        files[source] = str(tmp_path / f"{source}.parquet")
        frame = contracts[source].create_empty()
        if source == "agreement":
            rows = [(a, b, 1.0, 1, 1.0, 1) for a in ("imgt", "m") for b in ("imgt", "m")]
            frame = Agreement.validate(type(frame)(rows, schema=frame.schema, orient="row"))
        parquet.write(files[source], contracts[source], frame)
    assert "my images" in figures.draw(name, files, {"m": "Model"}, "my images").get_suptitle()
