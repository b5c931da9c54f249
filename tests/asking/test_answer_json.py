from imeval.asking.answer_json import containers


def test_objects_and_lists_are_found_in_text() -> None:
    first, second = containers('See {"1": "hen", "why": {"2": "comb"}} and ["tench"')
    assert (first.entries[0], first.closed, first.span) == (("1", "hen"), True, (4, 38))
    assert first.entries[1][0] == "why"
    assert (second.is_list, second.entries, second.closed) == (True, [("", "tench")], False)


def test_braces_of_prose_and_references_are_no_json() -> None:
    assert containers(r"\text{hen} [1] {a hen}") == []
