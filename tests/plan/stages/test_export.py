from .jobs import job


def test_pictures_are_exported_only_if_they_are_asked_for(demo, study_of) -> None:
    assert demo.export.shards(job()) == []
    assert study_of({"pictures": "include"}).export.shards(job()) == ["results/images/demo/00000-of-00001.parquet"]
