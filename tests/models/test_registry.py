import subprocess
import sys
from pathlib import Path

import imeval
import pytest
from imeval import models
from imeval.errors import UserError


def test_a_backend_is_found_by_its_name_and_kind() -> None:
    assert models.backend("conse", "image encoder").Settings(top=3).top == 3


def test_an_unknown_backend_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        UserError, match="expected a backend of the kind chat, found 'socratik'; did you mean 'socratic'"
    ):
        models.backend("socratik", "chat")


def test_a_backend_of_another_kind_is_refused() -> None:
    with pytest.raises(UserError, match="kind text encoder, found 'timm'"):
        models.backend("timm", "text encoder")


def test_a_stage_without_a_model_does_not_import_torch() -> None:
    stages = "mapping, models, prompts, responses"
    program = (
        f"import sys; sys.path.insert(0, {str(Path(imeval.__file__).parents[1])!r})\n"
        f"from imeval import {stages}\nfrom imeval.models import chat, conse, embeddings, zero_shot\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
