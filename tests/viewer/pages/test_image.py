from pathlib import Path

import asked_run
import polars as pl
import pytest
import small_run
from fastapi.testclient import TestClient
from imeval.asking.contract import Responses
from imeval.base import parquet
from small_run import ODD_NAME, SCRIPT


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.chdir(tmp_path)
    return small_run.client(asked_run.write(tmp_path))


def test_a_page_has_the_picture_the_labels_and_every_answer(client: TestClient) -> None:
    page = client.get("/image", params={"id": ODD_NAME}).text
    assert "60 × 40" in page
    assert page.count("small labels") == 1
    for text in ("Good &amp; Co", "Odd &amp; Co", "hen", "rooster", 'title="wrong"', 'title="right"'):
        assert text in page


def test_an_answer_is_escaped(client: TestClient) -> None:
    page = client.get("/image?id=c").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert SCRIPT not in page
    assert SCRIPT not in client.get("/answer?id=c&of=odd/cw").text


def test_the_images_before_and_after_are_those_that_filters_leave(client: TestClient) -> None:
    page = client.get("/image?id=c&right=good/cw").text
    assert 'rel="prev" href="/image?id=b%2F%3Ci%3Eb%3C%2Fi%3E.png&amp;right=good%2Fcw"' in page
    assert 'rel="next" href="/image?id=d&amp;right=good%2Fcw"' in page
    assert 'rel="next"' not in client.get("/image?id=c&category=M").text


def test_a_broken_image_has_a_page(client: TestClient) -> None:
    assert "broken picture" in client.get("/image?id=e").text


def test_an_image_or_an_answer_that_is_not_there_is_named(client: TestClient) -> None:
    assert "expected an image of small, found &#39;zz&#39;" in client.get("/image?id=zz").text
    assert client.get("/answer?id=a&of=none/cw").status_code == 400


def test_an_answer_in_words_has_request_response_thoughts_and_near_classes(asked: TestClient) -> None:
    page = asked.get("/answer?id=a&of=talker/ow").text
    assert "they are what was sent" in page
    assert "Is it a &lt;hen&gt;?" in page
    assert "0.8000" in page
    assert page.index("0.8000") < page.index("0.6000")
    assert "[photograph a]" in page


def test_an_imported_answer_is_from_a_file_and_has_no_request(asked: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "results/responses/small/ow/talker/00000-of-00001.parquet"
    parquet.write(path, Responses, parquet.read(path, Responses).with_columns(request_key=pl.lit("imported")))
    page = asked.get("/answer?id=a&of=talker/ow").text
    assert "from the file of answers; image 1 of a request about 1</span>" in page


def test_the_chain_of_an_answer_is_shown(asked: TestClient) -> None:
    assert "from outside" in asked.get("/chain?of=talker/ow").text
