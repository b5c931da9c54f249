"""Every reader of bytes from outside, as a function of bytes.

A target may refuse with the errors that its callers expect, which name the file or the request. Anything else is a
find: another exception, more than a few seconds, or more memory than a job has.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import chdir, suppress
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import polars as pl
from imeval.annotation import decisions
from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import split_thoughts, unwrapped
from imeval.asking.store import kept, open_store
from imeval.base.errors import UserError
from imeval.choices.letters import option_named
from imeval.images import decoding
from imeval.images.extraction import places
from imeval.images.places import Source
from imeval.images.sent import as_sent
from imeval.images.sources import list_images, reading
from imeval.labels import class_lists, equivalence, files, slices
from imeval.labels.released import read_boxes
from imeval.mapping.imported import Reading, imported_predictions
from imeval.mapping.prediction_files import holds_text, is_json, prediction_cells
from imeval.models.api import batch_api, replies
from imeval.models.api.batch_journal import Journal
from imeval.models.api.openai_api import Settings
from imeval.plan import configuration
from imeval.plan.config_files import read_config_file
from imeval.plan.configuration import Written
from imeval.plan.schema import SCHEMAS, read_schemas
from imeval.run.command_line import require_readable
from projects import ROOT
from snakemake.utils import update_config

OPTIONS = ("tench", "great white shark", "hen", "ostrich")
SETTINGS = Settings("m", store="store", base_url="http://127.0.0.1:9/v1")
INDEX = pl.DataFrame({"image_id": ["a", "b"], "imgt": [0, 1], "selected": [True, True]})
OWN = [f"config/{name}.yaml" for name in SCHEMAS]

Target = Callable[[bytes], object]


def read_all(readers: Iterable[Callable[[], object]]) -> None:
    """Call each reader; the mistakes that it names are no find."""
    for reader in readers:
        with suppress(UserError):
            reader()


def in_file(name: str, read: Callable[[Path], Iterator[Callable[[], object]]]) -> Target:
    """Return a target whose bytes lie in a file of this name."""

    def target(data: bytes) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            read_all(read(path))

    return target


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def answers(data: bytes) -> None:
    for images in (1, 3):
        read_answers(text(data), images)
    unwrapped(text(data))
    split_thoughts(text(data))


def letters(data: bytes) -> None:
    option_named(text(data), OPTIONS)


def completions(data: bytes) -> None:
    with suppress(replies.Malformed):
        replies.response("k", replies.parsed(data), 100)


def batch_results(data: bytes) -> None:
    for content in data.splitlines():
        if line := batch_api.read_line(content):
            batch_api.batch_response(SETTINGS, line)


def store(path: Path) -> Iterator[Callable[[], object]]:
    yield lambda: kept(path.parent)

    def appended() -> None:
        with open_store(path.parent, path.stem):
            pass

    yield appended
    yield lambda: kept(path.parent)


def journal(path: Path) -> Iterator[Callable[[], object]]:
    (path.parent / "tags").write_bytes(path.read_bytes())
    yield Journal(path.parent.parent).entries


def labels(path: Path) -> Iterator[Callable[[], object]]:
    for form in get_args(files.LabelFormat):
        yield lambda form=form: files.read_label_file(path, form)
    yield lambda: read_boxes(path)
    yield lambda: class_lists.read_classes(path)
    yield lambda: equivalence.read_equivalence(path)
    for name in ("groups.json", equivalence.OBJECTS):
        path.with_name(name).write_bytes(path.read_bytes())
        yield lambda name=name: equivalence.read_equivalence(path.with_name(name))
    yield lambda: slices.read_values(path, "size", ["a", "b"])
    for form in get_args(decisions.DecisionFormat):
        yield lambda form=form: decisions.read_decisions(path, form, ("a", "ILSVRC2012_val_00000001"))


def predictions(path: Path) -> Iterator[Callable[[], object]]:
    for extension in (".csv", ".csv.gz", ".parquet", ".json", ".json.gz"):
        named = path.rename(path.with_name(f"a{extension}"))
        yield lambda named=named: prediction_cells(named)
        yield lambda named=named: is_json(named) or holds_text(named)
        yield lambda named=named: imported_predictions(named, INDEX, reading=Reading(several="any"))
        path = named


def pictures(data: bytes) -> None:
    with suppress(UserError):
        size = decoding.verified_size(data, "picture")
        # What was verified must decode, and can be sent.
        assert decoding.decode(data, "picture").size == size
        as_sent(data, "picture")


def archive(kind: str) -> Callable[[Path], Iterator[Callable[[], object]]]:
    def read(path: Path) -> Iterator[Callable[[], object]]:
        def listed() -> None:
            source = Source(kind, path)
            found = places(list_images(source))
            with reading(source, found, path.parent) as picture:
                for place in found:
                    picture(place)

        yield listed

    return read


def configurations(path: Path) -> Iterator[Callable[[], object]]:
    def checked() -> None:
        try:
            require_readable(["--configfile", str(path)])
        except SystemExit:
            return
        config = deepcopy(project_config())
        update_config(config, read_config_file(str(path)).content)
        configuration.check(config, schemas(), Written(OWN, [str(path)]), files_may_lack=True)

    with chdir(ROOT):
        yield checked


_KNOWN: dict[str, dict] = {}


def schemas() -> dict:
    return _KNOWN.setdefault("schemas", read_schemas(ROOT / "config/schemas"))


def project_config() -> dict:
    if "config" not in _KNOWN:
        merged: dict = {}
        for file in OWN:
            update_config(merged, read_config_file(file).content)
        _KNOWN["config"] = merged
    return _KNOWN["config"]


TARGETS: dict[str, Target] = {
    "answers": answers,
    "letters": letters,
    "completions": completions,
    "batch_results": batch_results,
    "store": in_file("cw-00000-of-00001.jsonl", store),
    "journal": in_file("batches/5f0c.json", journal),
    "labels": in_file("labels", labels),
    "predictions": in_file("predictions", predictions),
    "pictures": pictures,
    "tars": in_file("a.tar", archive("tar")),
    "webdataset": in_file("a.tar", archive("webdataset")),
    "parquet_pictures": in_file("a.parquet", archive("parquet")),
    "configurations": in_file("mine.yaml", configurations),
}
