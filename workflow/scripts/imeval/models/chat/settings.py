"""Settings of every chat model that runs in the job."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any, Literal

from imeval.models import checkpoints
from imeval.models.facts import PART_IF_SET


@dataclass(frozen=True)
class Settings(checkpoints.Settings):
    """The settings of every chat model that runs in the job."""

    _: KW_ONLY

    chat_template_kwargs: Annotated[Mapping[str, Any], PART_IF_SET] = field(default_factory=dict)
    """
    Arguments of the model's chat template, such as `{enable_thinking: false}`. A name that the template does not use is
    refused.
    """

    system_text: Annotated[Literal["system", "user"] | None, PART_IF_SET] = None
    """
    Where a prompt's system text goes: a turn of its own, or before the text of the user's turn. If not given, it goes
    before the user's where the chat template knows no system turn, and the log says so.
    """

    checkpoint_decoding: bool = False
    """
    Whether the checkpoint's own generation settings, such as `repetition_penalty: 1.05`, change greedy decoding. They
    are switched off if not, and the log names them: a penalty falls on the names that the prompt lists.
    """
