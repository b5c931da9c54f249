import re
from pathlib import Path

import pytest
import small_run
from fastapi.testclient import TestClient
from imeval.viewer import app, pages
from imeval.viewer.browsed import Browsed

TEMPLATES = Path(app.__file__).parent / "templates"


def test_the_start_is_the_page_of_images(client: TestClient) -> None:
    assert client.get("/", follow_redirects=False).headers["location"] == "/images"


def test_an_unknown_page_is_named(client: TestClient) -> None:
    missing = client.get("/imagse")
    assert missing.status_code == 404
    assert "/imagse: Not Found" in missing.text


def test_a_mistake_in_the_address_is_a_sentence_on_a_page(client: TestClient) -> None:
    refused = client.get("/images?category=S*")
    assert refused.status_code == 400
    assert "address: category: expected one of A, S, S+, S-, M, M+, M-, N, A-N, found &#39;S*&#39;" in refused.text


def test_a_damaged_result_is_a_sentence_on_a_page(tmp_path: Path) -> None:
    browsed = small_run.write(tmp_path)
    Path(browsed.image_sets[0].answers[0].scores["regt"]).write_bytes(b"no Parquet")
    refused = small_run.client(browsed).get("/images")
    assert refused.status_code == 400
    assert "good.parquet: file: expected a whole Parquet file" in refused.text


def test_an_error_of_the_page_itself_has_the_headers_too(browsed: Browsed) -> None:
    broken = app.create_app(browsed)
    broken.state.results.images = None
    response = TestClient(broken, base_url="http://localhost", raise_server_exceptions=False).get("/images")
    assert response.status_code == 500
    assert "content-security-policy" in response.headers


def test_the_documentation_of_the_framework_is_off(client: TestClient) -> None:
    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404] * 3


def test_every_module_of_the_pages_has_a_router() -> None:
    modules = [path.stem for path in Path(pages.__file__).parent.glob("*.py") if path.stem != "__init__"]
    assert len(modules) == len(list(app.page_modules()))
    assert all(hasattr(module, "router") for module in app.page_modules())


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_inline_script_and_no_unescaped_text(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"<script(?! src=)|\bon\w+=|\bstyle=|<style|\| *safe|hx-on|javascript:", text)
    assert "http" not in re.sub(r"htmx|http-equiv", "", text)
