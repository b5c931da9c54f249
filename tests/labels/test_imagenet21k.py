from imeval.base.user_tables import spelling
from imeval.labels.imagenet21k import classes


def test_every_synset_of_imagenet21k_is_a_class_with_a_name_of_its_own() -> None:
    listed = classes()
    assert listed[:2] == [(0, "organism", "n00004475"), (1, "benthos", "n00005787")]
    assert len({spelling(name) for _, name, _ in listed}) == len(listed) == 21_841
    # A bird and a machine, which have no other lemma.
    assert [name for _, name, _ in listed if name in ("crane", "crane (n03126707)")] == ["crane", "crane (n03126707)"]
