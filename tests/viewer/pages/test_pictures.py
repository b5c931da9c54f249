from fastapi.testclient import TestClient
from small_run import ODD_NAME, jpeg


def test_a_picture_is_sent_with_its_type(client: TestClient) -> None:
    response = client.get("/picture", params={"id": ODD_NAME})
    assert response.headers["content-type"] == "image/jpeg"
    assert response.content == jpeg(60)


def test_a_gallery_gets_small_pictures(client: TestClient) -> None:
    whole, small = (client.get("/picture", params={"id": "a", "small": small}).content for small in (False, True))
    assert len(small) < len(whole)


def test_an_image_without_a_picture_is_named(client: TestClient) -> None:
    assert client.get("/picture?id=e").status_code == 400
