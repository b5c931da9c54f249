import csv
import io

from fastapi.testclient import TestClient
from small_run import ODD_NAME, SCRIPT


def test_the_gallery_shows_the_images_that_filters_leave(client: TestClient) -> None:
    page = client.get("/images?category=S").text
    assert "<b>2</b> of 5 images" in page
    assert page.count('class="card"') == 2


def test_answers_and_file_names_are_escaped(client: TestClient) -> None:
    page = client.get("/images?wrong=odd/cw").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'alt="b/&lt;i&gt;b&lt;/i&gt;.png"' in page
    assert SCRIPT not in page
    assert "<i>b</i>" not in page
    assert "Odd &amp; Co" in page


def test_an_image_is_linked_with_the_filters(client: TestClient) -> None:
    page = client.get("/images?category=S-").text
    assert 'href="/image?id=b%2F%3Ci%3Eb%3C%2Fi%3E.png&amp;category=S-"' in page


def test_the_address_of_a_form_has_only_what_is_set(client: TestClient) -> None:
    response = client.get("/images?category=S-&class=&right=&text=&agree=", headers={"HX-Request": "true"})
    assert response.headers["HX-Push-Url"] == "/images?category=S-"


def test_a_page_behind_the_last_is_the_last(client: TestClient) -> None:
    assert client.get("/images?page=9").text.count('class="card"') == 5


def test_no_image_is_a_sentence(client: TestClient) -> None:
    assert "No image has all of this." in client.get("/images?wrong=good/cw").text


def test_what_is_shown_can_be_exported(client: TestClient) -> None:
    response = client.get("/images.csv?category=S-&model=odd")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert response.headers["content-disposition"] == 'attachment; filename="images.csv"'
    assert rows == [
        {
            "image_id": ODD_NAME,
            "category": "S-",
            "imgt": "7",
            "imgt_name": "rooster",
            "labels": "8",
            "label_names": "hen",
            "model": "odd",
            "task": "cw",
            "status": "ok",
            "text": "rooster",
            "class_id": "7",
            "method": "exact",
            "similarity": "",
            "oop": "false",
            "imgt_correct": "true",
            "regt_correct": "false",
            "class_name": "rooster",
        }
    ]


def test_the_export_has_a_row_an_answer_and_one_head(client: TestClient) -> None:
    lines = client.get("/images.csv").text.splitlines()
    assert len(lines) == 1 + 2 * 5
    assert sum(line.startswith("image_id,") for line in lines) == 1
