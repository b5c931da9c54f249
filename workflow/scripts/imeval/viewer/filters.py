"""The filters of a page, as its address has them.

/images?task=cw&category=S-&right=gpt_4o/cw&wrong=eva02/cw&page=2
"""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams

from imeval.asking.contract import STATUSES
from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.labels.contract import MEASURED
from imeval.scoring.out_of_prompt import KINDS

_SEVERAL = ("right", "wrong")

CHOICES: Mapping[str, tuple[str, ...]] = {
    "truth": ("regt", "imgt"), "category": tuple(MEASURED), "status": STATUSES, "oop": ("yes", "no"), "kind": KINDS,
    "failed": ("yes",),
}  # fmt: skip
"""The values of filters that have few."""


class Filters(BaseModel):
    """The filters of an address, which all must hold.

    `status`, `oop`, `kind`, `given` and `text` are about one answer: an image is shown if an answer of `model` in
    `task` has all of them. Without a model any model's counts, without a task any task's.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="ignore")

    images: str = ""
    """The image set; the run's own by default."""

    labels: str = ""
    """The label set; the run's own by default."""

    truth: str = "regt"
    """The labels by which an answer is right: the label set's, or the original ones."""

    category: str = ""
    """The label category of Table 1, or A-N."""

    of_class: Annotated[str, Field(alias="class")] = ""
    """A class id, or a part of a class name: a label of the image, original or not."""

    task: str = ""
    """The task of the answers."""

    model: str = ""
    """The model of the answers."""

    right: tuple[str, ...] = ()
    """Answers that are right, as `<model>/<task>`; the task may stand in `task` instead."""

    wrong: tuple[str, ...] = ()
    """Answers that are wrong."""

    status: str = ""
    """The status of the response."""

    oop: str = ""
    """Whether the answer is out of prompt."""

    kind: str = ""
    """The kind of an out-of-prompt answer, as in Table 15."""

    given: str = ""
    """A class id, or a part of a class name: the class of the answer."""

    text: str = ""
    """A part of the answer, in either case."""

    agree: Annotated[int | None, Field(ge=2)] = None
    """The least number of answers that have one class."""

    correct: Annotated[int | None, Field(ge=0)] = None
    """The number of right answers; 0 for images that all have wrong."""

    failed: str = ""
    """Whether the picture is broken, or nothing came from a model."""

    run: Annotated[int, Field(ge=0)] = 0
    """The run of answers that were asked for several times."""

    page: Annotated[int, Field(ge=1)] = 1
    """The page of images."""

    def address(self, path: str, **changes: Any) -> str:
        """Return the address of a page with filters.

        `changes` replace some of them.

        They may have what is no filter, such as the id of an image. The address is that of the first page, and has no
        default in it.
        """
        filters = {name: value for name, value in changes.items() if name in Filters.model_fields}
        given = self.model_copy(update={"page": 1} | filters).model_dump(by_alias=True, exclude_defaults=True)
        others = {name: value for name, value in changes.items() if name not in filters}
        query = urlencode(others | given, doseq=True)
        return f"{path}?{query}" if query else path


def read_filters(query: QueryParams) -> Filters:
    """Return the filters of an address.

    An empty value is none, as forms send one for each field that is not filled in.

    Raises:
        UserError: a value that a filter cannot have.
    """
    given: dict[str, Any] = {key: value for key, value in query.items() if value}
    given |= {key: tuple(filter(None, query.getlist(key))) for key in _SEVERAL}
    for field, choices in CHOICES.items():
        if given.get(field, choices[0]) not in choices:
            found = given[field]
            raise mistake("address", field, f"one of {', '.join(choices)}", repr(found), did_you_mean(found, choices))
    try:
        return Filters.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        expected = first["msg"].removeprefix("Input should be ")
        raise mistake("address", field, expected, repr(given[field]), "correct it") from None
