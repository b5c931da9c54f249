import subprocess
import sys
from pathlib import Path

import imeval
import pytest
from imeval import models
from imeval.base.errors import UserError


def test_a_backend_is_found_by_its_name() -> None:
    assert models.backend("conse").Settings(top=3).top == 3


def test_an_unknown_backend_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        UserError, match="expected the name of a backend's module, found 'socratik'; did you mean 'socratic'"
    ):
        models.backend("socratik")


def test_a_stage_without_a_model_does_not_import_torch() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(Path(imeval.__file__).parents[1])!r})\n"
        "from imeval import models\nfrom imeval.asking import chat, loop, prompts\nfrom imeval.mapping import answers\n"
        "from imeval.models import text_embedding\nfrom imeval.models.vision import conse, zero_shot\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
