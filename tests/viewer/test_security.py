import pytest
from fastapi.testclient import TestClient
from imeval.viewer.security import HEADERS


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "localhost", "[::1]:9000"])
def test_a_name_of_this_machine_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/images", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "192.168.0.3:8765", "", "[::1", "a@b:1"]
)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    for path in ("/images", "/picture?id=a", "/images.csv", "/static/viewer.css"):
        refused = client.get(path, headers={"host": host})
        assert refused.status_code == 403
        assert refused.text == "imeval: refused: this page answers to the names 127.0.0.1 and localhost alone\n"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", "http://127.0.0.1:8765.a"])
def test_a_foreign_origin_is_refused(client: TestClient, origin: str) -> None:
    assert client.get("/images", headers={"origin": origin}).status_code == 403


def test_the_own_origin_is_answered(client: TestClient) -> None:
    assert client.get("/images", headers={"origin": "http://127.0.0.1:8765"}).status_code == 200


@pytest.mark.parametrize("mode", ["no-cors", "cors", "websocket"])
def test_a_page_of_another_site_cannot_show_a_picture(client: TestClient, mode: str) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": mode}
    assert client.get("/picture?id=a", headers=headers).status_code == 403


def test_a_link_from_another_page_is_followed(client: TestClient) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/images?category=S-", headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(client: TestClient, method: str) -> None:
    own = {"origin": "http://127.0.0.1:8765"}
    for path in ("/", "/images", "/images.csv", "/picture", "/static/viewer.css"):
        assert client.request(method, path, headers=own).status_code == 405
        assert client.request(method, path).status_code == 403


@pytest.mark.parametrize("path", ["/images", "/picture?id=a", "/static/viewer.css", "/nothing", "/images?category=Q"])
def test_every_response_has_the_headers(client: TestClient, path: str) -> None:
    assert client.get(path).headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()


def test_the_policy_allows_no_script_within_a_page() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self';")
