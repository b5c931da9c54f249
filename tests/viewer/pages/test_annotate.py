import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_review
import small_run
from fastapi.testclient import TestClient
from imeval.viewer.app import create_app
from small_run import HEN, ODD_NAME, OSTRICH, ROOSTER

HERE = "http://127.0.0.1:8765"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    browsed, reviewed = small_review.write(tmp_path)
    with small_review.reviewing(reviewed) as review:
        yield TestClient(create_app(browsed, review), base_url=HERE, headers={"Origin": HERE})


def post(client: TestClient, person: str, image: str, action: str = "decide", **fields: object):
    data = {"annotator": person, "image": image, "action": action, "shown": "0", **fields}
    return client.post("/annotate", data=data, follow_redirects=False)


def shown_image(text: str) -> str:
    return re.search(r'name="image" value="([^"]*)"', text)[1].replace("&lt;", "<").replace("&gt;", ">")


def test_the_first_page_asks_for_a_name(client: TestClient) -> None:
    text = client.get("/").text
    assert "Review of small labels" in text
    assert 'name="annotator"' in text
    assert '<a href="/annotate" aria-current="page">Annotate</a>' in text


def test_an_image_has_its_proposals_without_the_names_of_sources(client: TestClient) -> None:
    text = client.get("/annotate", params={"annotator": "anna", "image": ODD_NAME}).text
    assert re.findall(r'data-key="([ab])" data-kind="proposal" data-classes="(\d+)"', text) in (
        [("a", str(HEN)), ("b", str(ROOSTER))],
        [("a", str(ROOSTER)), ("b", str(HEN))],
    )
    assert "imgt" not in text
    assert "Good" not in text
    assert "<i>b</i>" not in text


def test_a_decision_leads_to_the_next_image_and_stays(client: TestClient) -> None:
    first = shown_image(client.get("/annotate", params={"annotator": "anna"}).text)
    answered = post(client, "anna", first, labels=[str(HEN), str(ROOSTER)], note="two birds")
    assert (answered.status_code, answered.headers["location"]) == (303, "/annotate?annotator=anna")
    text = client.get(answered.headers["location"]).text
    assert shown_image(text) != first
    assert "<b>1</b> of 4 decided by anna" in text
    again = client.get("/annotate", params={"annotator": "anna", "image": first}).text
    assert f'data-id="{HEN}" data-name="hen"' in again
    assert ">two birds</textarea>" in again
    (row,) = csv.DictReader(client.get("/annotate/decisions.csv").text.splitlines())
    assert (row["image_id"], row["labels"], row["answer"]) == (first, f"{ROOSTER} {HEN}", "classes")


def test_undo_and_skip(client: TestClient) -> None:
    first = shown_image(client.get("/annotate", params={"annotator": "anna"}).text)
    post(client, "anna", first, answer="none")
    assert post(client, "anna", "", "undo").headers["location"].startswith("/annotate?annotator=anna&image=")
    post(client, "anna", first, "skip")
    assert shown_image(client.get("/annotate", params={"annotator": "anna"}).text) != first


def test_who_is_done_sees_how_far_everybody_is(client: TestClient) -> None:
    for image in ("a", ODD_NAME, "c", "d"):
        post(client, "anna", image, answer="not_sure")
    text = client.get("/annotate", params={"annotator": "anna"}).text
    assert "Review of small labels" in text
    assert "<td>done</td>" in text


def test_a_conflict_is_settled_by_a_further_person_who_sees_no_names(client: TestClient) -> None:
    post(client, "anna", "d", labels=[str(OSTRICH)])
    post(client, "ben", "d", answer="none")
    listed = client.get("/annotate/conflicts").text
    assert "ostrich" in listed
    assert "anna" not in listed
    asked = client.get("/annotate", params={"annotator": "cleo", "image": "d", "settles": "true"}).text
    assert "What people decided" in asked
    assert "ben" not in asked
    refused = post(client, "ben", "d", answer="none", settles="true")
    assert refused.status_code == 400
    assert "who is part of the conflict" in refused.text
    settled = post(client, "cleo", "d", labels=[str(OSTRICH)], settles="true")
    assert settled.headers["location"] == "/annotate/conflicts?annotator=cleo"
    assert "settled" in client.get("/annotate/conflicts").text


def test_classes_are_found_and_have_examples_that_are_not_under_review(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/annotate/classes", params={"q": "ostr"}).json()[0]["id"] == OSTRICH
    assert client.get("/annotate/examples", params={"number": ROOSTER}).json() == []
    browsed, reviewed = small_review.write(tmp_path / "fewer", control=0)
    with small_review.reviewing(reviewed) as review:
        fewer = TestClient(create_app(browsed, review), base_url=HERE)
        assert fewer.get("/annotate/examples", params={"number": ROOSTER}).json() == ["a", "c"]
        assert fewer.get("/annotate/examples", params={"number": ROOSTER, "image": "a"}).json() == ["c"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"labels": ["1000"]}, "page: labels: expected a class id from 0 to 999, found 1000"),
        ({"labels": ["x"]}, "page: labels: expected a whole number, found &#39;x&#39;"),
        ({"action": "drop"}, "page: action: expected decide, skip or undo, found &#39;drop&#39;"),
        ({"image": "other", "answer": "none"}, "page: image: expected an image under review, found &#39;other&#39;"),
        ({"note": "x" * 200_000, "answer": "none"}, "page: form: expected at most 100000 bytes, found more"),
        ({}, "page: answer: expected classes or an answer without any"),
    ],
)
def test_what_the_page_never_sends_is_refused_and_nothing_is_written(client: TestClient, fields, sentence: str) -> None:
    refused = post(client, "anna", **{"image": "a", **fields})
    assert refused.status_code == 400
    assert sentence in refused.text
    assert client.get("/annotate/decisions.csv").text.count("\n") == 1


def test_another_site_writes_nothing(client: TestClient) -> None:
    client.headers["Origin"] = "http://evil.example"
    assert post(client, "anna", "a", answer="none").status_code == 403


def test_a_page_that_only_browses_names_the_command(tmp_path: Path) -> None:
    refused = small_run.client(small_run.write(tmp_path)).get("/annotate")
    assert refused.status_code == 400
    assert "run `snakemake annotate`" in refused.text
