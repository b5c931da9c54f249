"""Errors that the user can correct."""

from collections.abc import Iterable, Mapping
from pathlib import Path


class UserError(Exception):
    """A mistake that the user can correct.

    It has either only a sentence, or all five parts, from which its sentence is composed (see `mistake`):

        labels.csv, line 3: labels: expected a class id, found 'x'; correct it

    Attributes:
        where: a file, setting or folder.
        field: a column, key or property of it.
        expected: the right content of the field.
        found: the value of the field.
        remedy: what the user can do.
    """

    where: str | None = None
    field: str | None = None
    expected: str | None = None
    found: str | None = None
    remedy: str | None = None

    @property
    def problem(self) -> str:
        """Return the sentence without the remedy."""
        if self.remedy is None:
            return printable(super().__str__())
        return printable(f"{self.where}: {self.field}: expected {self.expected}, found {self.found}")

    def __str__(self) -> str:
        """Return the whole sentence."""
        return self.problem if self.remedy is None else f"{self.problem}; {self.remedy}"

    def record(self) -> dict[str, str]:
        """Return the parts as text for JSON."""
        if self.remedy is None:
            return {"sentence": str(self)}
        return {key: getattr(self, key) for key in ("where", "field", "expected", "found", "remedy")}

    @staticmethod
    def restored(record: Mapping[str, str]) -> "UserError":
        """Return the error of a `record`."""
        if "sentence" not in record:
            return mistake(**record)
        # Only between several mistakes is there a line break.
        return mistakes(map(UserError, record["sentence"].split("\n")))

    def _set(self, where: object, field: str, expected: str, found: object, remedy: str) -> None:
        self.where, self.field, self.expected = str(where), field, expected
        self.found, self.remedy = str(found), remedy


class UserErrors(UserError):
    """Several mistakes, each reported in one line."""

    def __init__(self, errors: Iterable[UserError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))

    @property
    def problem(self) -> str:
        """Return the sentence of each mistake, a line each."""
        return "\n".join(map(str, self.errors))


class DamagedError(UserError):
    """A damaged result; without it, the same command makes it again."""

    def __init__(self, path: Path, field: str, expected: str, found: object) -> None:
        super().__init__()
        self._set(path, field, expected, found, "run the same command again to make it anew")
        self.path = path


def mistake(where: object, field: str, expected: str, found: object, remedy: str) -> UserError:
    """Return the error "<where>: <field>: expected <expected>, found <found>; <remedy>"."""
    error = UserError()
    error._set(where, field, expected, found, remedy)
    return error


def mistakes(errors: Iterable[UserError]) -> UserError:
    """Return one error that reports all of these.

    A single error is returned unchanged.
    """
    several = UserErrors(errors)
    return several.errors[0] if len(several.errors) == 1 else several


def printable(text: str) -> str:
    """Return a text in which invisible characters are escaped, as `\\x1b`.

    File names, answers and errors of a server are not trusted: raw, they could clear the terminal or forge lines of it.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def one_line(error: Exception) -> str:
    """Return any error in a line of at most 300 characters."""
    text = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:300]


def some(items: Iterable[object], limit: int = 5) -> str:
    """List the first few items, as "a, b and 3 more"."""
    listed = [str(item) for item in items]
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
