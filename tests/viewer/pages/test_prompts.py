from pathlib import Path

import asked_run
import small_run
from fastapi.testclient import TestClient


def test_each_prompt_is_shown_with_its_models(tmp_path: Path) -> None:
    client = small_run.client(asked_run.write(tmp_path))
    page = client.get("/prompts").text
    assert "Talker &amp; Co, OW" in page
    assert "Name it." in page
    assert "[photograph]" in page
    assert "No model" in client.get("/prompts?task=cw").text


def test_the_first_request_is_shown_as_it_was_written_down(tmp_path: Path) -> None:
    client = small_run.client(asked_run.write(tmp_path))
    assert "Name it. &lt;b&gt;What&lt;/b&gt; is it?" in client.get("/request?of=talker/ow").text
    assert client.get("/request?of=good/cw").status_code == 400


def test_a_run_without_mllms_has_no_prompt(client: TestClient) -> None:
    assert "No model of the run is asked in words." in client.get("/prompts").text
