"""Every Parquet contract of the workflow: the only place where a column is named and typed.

A file holds its contract's name and version in its metadata, its columns in the order given here, its rows sorted
by the key, checksums of all its other bytes but photographs, which have hashes of their own, and nothing that
differs between two runs, so that equal content is equal bytes.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from imeval import checksums
from imeval.errors import DamagedError, mistake
from imeval.files import replacing

# dataframely loads sqlalchemy, which Snakemake brings, if it finds it: a third of a job's start, of no use to it.
sys.modules.setdefault("sqlalchemy", None)  # type: ignore[arg-type]
import dataframely as dy  # noqa: E402

if sys.modules["sqlalchemy"] is None:
    del sys.modules["sqlalchemy"]

T = TypeVar("T")

CATEGORIES = ("S+", "S-", "M+", "M-", "N")
"""The disjoint label categories of the paper's Table 1; A, S and M are unions of them."""

STATUSES = ("ok", "truncated", "refused", "empty", "error")
METHODS = ("index", "exact", "letter", "embedding", "none")
OUTCOMES = ("answered", "empty", "error")
METRICS = r"accuracy(_at_\d+)?|recall_\d+|oop_(rate|mapped|mapped_labelled|imagenet_name|partial|abstain|wrong)"
"""Shares of correct images: of all, of those at a position of their request, of a class; and of out-of-prompt answers:
among all, those that a mapping mends (the second without N), and those of a kind."""

SOURCES = ("imgt", "regt", "confusion", "score", "text", "random")
"""Where an option comes from: a label, a confusion count, a mean softmax score, near names, or nothing of them."""

LABELS = ("imgt", "regt", "imgt_and_regt")

_REBUILD = "delete it and run the same command again"

_PHOTOGRAPHS = "data"


def _class_id(*, primary_key: bool = False, nullable: bool = False) -> dy.Int16:
    return dy.Int16(min=0, max=999, primary_key=primary_key, nullable=nullable)


def _one_of(values: Sequence[str], *, primary_key: bool = False) -> dy.String:
    return dy.String(check=lambda column: column.is_in(values), primary_key=primary_key)


class ImageListing(dy.Schema):
    """Every image known of an image set, and where its picture lies, as `sources.FOUND`; null without one."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = _class_id()
    source = dy.String(nullable=True)
    archive = dy.String(nullable=True)
    position = dy.Int64(nullable=True, min=0)
    size = dy.Int64(nullable=True, min=0)
    selected = dy.Bool()


class ImageIndex(dy.Schema):
    """Every image known of an image set; the selected ones are evaluated, the broken ones would have been."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = _class_id()
    selected = dy.Bool()
    broken = dy.Bool()

    @dy.rule()
    def broken_images_are_left_out(cls) -> pl.Expr:
        """Return whether no broken image is selected."""
        return ~(pl.col("selected") & pl.col("broken"))


class ImageFacts(dy.Schema):
    """What is known of each photograph of a shard."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = _class_id()
    width = dy.Int32(min=1)
    height = dy.Int32(min=1)
    sha256 = dy.String(regex="^[0-9a-f]{64}$")


class Images(ImageFacts):
    """One shard of photographs; `data` holds the encoded file as it came."""

    data = dy.Binary()


class Labels(dy.Schema):
    """One label set over the selected images; the admissible sets are equation 1 of Section 2.2."""

    image_id = dy.String(primary_key=True, min_length=1)
    imgt = _class_id()
    imgt_admissible = dy.List(_class_id(), min_length=1)
    labels = dy.List(_class_id())
    admissible = dy.List(_class_id())
    category = _one_of(CATEGORIES)


class Outputs(dy.Schema):
    """A classifier's top classes of each image, best first, with their scores."""

    image_id = dy.String(primary_key=True, min_length=1)
    class_ids = dy.List(_class_id(), min_length=1)
    scores = dy.List(dy.Float32(), min_length=1)

    @dy.rule()
    def one_score_a_class(cls) -> pl.Expr:
        """Return whether both lists have one length."""
        return pl.col("class_ids").list.len() == pl.col("scores").list.len()


class ImageEmbeddings(dy.Schema):
    """One vector an image, in the space of an encoder's class embeddings; unit length."""

    image_id = dy.String(primary_key=True, min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)


class ClassEmbeddings(dy.Schema):
    """One vector a class name; unit length."""

    class_id = _class_id(primary_key=True)
    name = dy.String(min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)


class TextEmbeddings(dy.Schema):
    """One vector a distinct answer; unit length."""

    text = dy.String(primary_key=True, min_length=1)
    vector = dy.List(dy.Float32(), min_length=1)


class Responses(dy.Schema):
    """What a model said about each image; a text only where there is an answer."""

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    request_key = dy.String(min_length=1)
    position = dy.Int16(min=1)
    text = dy.String(nullable=True)
    status = _one_of(STATUSES)
    stop_reason = dy.String(nullable=True)
    error = dy.String(nullable=True)
    attempts = dy.Int16(min=0)
    input_tokens = dy.Int32(min=0, nullable=True)
    output_tokens = dy.Int32(min=0, nullable=True)

    @dy.rule()
    def an_error_is_never_an_answer(cls) -> pl.Expr:
        """Return whether exactly the answers have a text."""
        return pl.col("text").is_not_null() == pl.col("status").is_in(["ok", "truncated"])


class Predictions(dy.Schema):
    """The class each answer or output was mapped to; null where there is none."""

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    status = _one_of(STATUSES)
    text = dy.String(nullable=True)
    class_id = _class_id(nullable=True)
    method = _one_of(METHODS)
    similarity = dy.Float32(nullable=True)
    oop = dy.Bool()


class Scores(dy.Schema):
    """Equation 2 of Section 2.2, image by image, under both label sets."""

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    category = _one_of(CATEGORIES)
    outcome = _one_of(OUTCOMES)
    imgt_correct = dy.Bool()
    regt_correct = dy.Bool()
    oop = dy.Bool()


class Metrics(dy.Schema):
    """Every number a table can print of one model and task; `value` and interval are fractions, null over no image.

    `n` counts images, `n_hit` the ones `value` counts, `n_empty` and `n_error` those without an answer.
    With several runs the counts are sums over the runs.
    """

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    metric = dy.String(regex=f"^({METRICS})$", primary_key=True)
    labels = _one_of(LABELS, primary_key=True)
    category = _one_of((*CATEGORIES, "A", "S", "M"), primary_key=True)
    value = dy.Float64(nullable=True, min=0, max=1)
    ci_low = dy.Float64(nullable=True)
    ci_high = dy.Float64(nullable=True)
    n = dy.Int64(min=0)
    n_hit = dy.Int64(min=0)
    n_empty = dy.Int64(min=0)
    n_error = dy.Int64(min=0)
    n_oop = dy.Int64(min=0)
    runs = dy.Int16(min=1)


class Confusions(dy.Schema):
    """How often a classifier takes one class for another, over the images whose original label is `class_id`.

    `mean_score` is the mean softmax score of `confused_with`; pairs without an image and a score are left out.
    """

    class_id = _class_id(primary_key=True)
    confused_with = _class_id(primary_key=True)
    images = dy.Int32(min=0)
    mean_score = dy.Float64(min=0)


class Choices(dy.Schema):
    """Multiple-choice questions: the options in their order, and where each comes from.

    `imgt_option` and `regt_option` are the places, from 0, of the original label and of the offered label of the
    label set; null where a question does not hold it.
    """

    image_id = dy.String(primary_key=True, min_length=1)
    run = dy.Int16(primary_key=True, min=0)
    options = dy.List(_class_id(), min_length=2)
    sources = dy.List(_one_of(SOURCES), min_length=2)
    imgt_option = dy.Int16(min=0, nullable=True)
    regt_option = dy.Int16(min=0, nullable=True)

    @dy.rule()
    def one_source_an_option(cls) -> pl.Expr:
        """Return whether both lists have one length."""
        return pl.col("options").list.len() == pl.col("sources").list.len()

    @dy.rule()
    def a_label_is_offered(cls) -> pl.Expr:
        """Return whether an option is a label of the image."""
        return pl.col("imgt_option").is_not_null() | pl.col("regt_option").is_not_null()


class Comparisons(dy.Schema):
    """Two models on the same images: `only_a` and `only_b` have one of them correct and not the other.

    `p` is of the exact McNemar test, `p_holm` corrected over all pairs of a table under one label set.
    """

    model_a = dy.String(primary_key=True)
    task_a = dy.String(primary_key=True)
    model_b = dy.String(primary_key=True)
    task_b = dy.String(primary_key=True)
    labels = _one_of(LABELS, primary_key=True)
    n = dy.Int64(min=0)
    only_a = dy.Int64(min=0)
    only_b = dy.Int64(min=0)
    p = dy.Float64(min=0, max=1)
    p_holm = dy.Float64(min=0, max=1)


class Ranks(dy.Schema):
    """The interval of a dense rank in a column of Table 3, over resamples of the images."""

    model = dy.String(primary_key=True)
    task = dy.String(primary_key=True)
    labels = _one_of(LABELS, primary_key=True)
    category = _one_of((*CATEGORIES, "A", "S", "M"), primary_key=True)
    rank_low = dy.Int16(min=1)
    rank_high = dy.Int16(min=1)


class Agreement(dy.Schema):
    """How alike two models err (arXiv Figure 9); null where one of them is always or never correct.

    `spearman` is of the recall of `classes` classes, on images with one label; `phi` of the correctness on `images`
    images with a label.
    """

    model_a = dy.String(primary_key=True)
    model_b = dy.String(primary_key=True)
    spearman = dy.Float64(min=-1, max=1, nullable=True)
    classes = dy.Int16(min=0)
    phi = dy.Float64(min=-1, max=1, nullable=True)
    images = dy.Int64(min=0)


_VERSIONS: dict[type[dy.Schema], int] = {ImageIndex: 2}
"""Contracts whose meaning has changed since version 1; raise the number with every change of a column."""


def contract_name(contract: type[dy.Schema]) -> str:
    """Return the name and version a file of this contract carries in its metadata."""
    return f"{contract.__name__}/{_VERSIONS.get(contract, 1)}"


def write(path: str | Path, contract: type[dy.Schema], frame: pl.DataFrame) -> None:
    """Validate, order, sort by key and write a file of this contract, under its final name only when complete.

    Raises:
        UserError: the rows break a rule of the contract; names the file and the rule.
    """
    ordered = _validated(Path(path), contract, frame.select(contract.column_names()))
    with _writer(path, contract) as append:
        append(_arrow(ordered.sort(contract.primary_key())))


def write_batches(path: str | Path, contract: type[dy.Schema], frames: Iterable[pl.DataFrame]) -> None:
    """Write as `write`, a frame in memory at a time; the frames are in the order of the key, over all of them.

    Raises:
        UserError: as `write`, or a frame that does not come after the one before.
    """
    key = contract.primary_key()
    last: tuple[Any, ...] | None = None
    with _writer(path, contract) as append:
        for frame in frames:
            ordered = _validated(Path(path), contract, frame.select(contract.column_names())).sort(key)
            if len(ordered):
                first = ordered.select(key).row(0)
                if last is not None and first <= last:
                    raise mistake(path, "/".join(key), f"keys after {last}", first, _REBUILD)
                last = ordered.select(key).row(-1)
                append(_arrow(ordered))


def write_images(path: str | Path, batches: Iterable[pa.Table]) -> None:
    """Write a shard of `arrow_schema(Images)`, a batch in memory at a time; the batches are in the order of the key.

    The photographs are copied into the file and nowhere else; all that is known of them is validated in the end.

    Raises:
        UserError: as `write`, or images out of order.
    """
    facts = [arrow_schema(ImageFacts).empty_table()]
    with _writer(path, Images) as append:
        for batch in batches:
            append(batch)
            facts.append(batch.drop_columns(_PHOTOGRAPHS))
        known = _validated(Path(path), ImageFacts, pl.DataFrame(pa.concat_tables(facts)))
        if not known["image_id"].is_sorted():
            raise mistake(path, "image_id", "images in order", "another order", _REBUILD)


@cache
def arrow_schema(contract: type[dy.Schema]) -> pa.Schema:
    """Return the Arrow schema of a contract's files."""
    return _arrow(contract.create_empty()).schema


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


@contextmanager
def _writer(path: str | Path, contract: type[dy.Schema]) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that appends rows to a file of this contract, which appears under its name when complete."""
    schema = arrow_schema(contract).with_metadata({"imeval.contract": contract_name(contract)})
    photographs = _PHOTOGRAPHS in schema.names
    # Photographs are compressed already, hashed already, and read a few at a time.
    compression, rows = ("NONE", 64) if photographs else ("ZSTD", None)
    repeating = [name for name in schema.names if name != _PHOTOGRAPHS]

    def append(table: pa.Table) -> None:
        writer.write_table(table.replace_schema_metadata(schema.metadata), row_group_size=rows)

    with (
        replacing(path) as partial,
        # Twice as fast as the file that Arrow opens itself; not truncated, or closing it would wait for the disk.
        open(partial, "r+b") as file,
    ):
        with pq.ParquetWriter(
            file,
            schema,
            compression=compression,
            use_dictionary=repeating,
            write_statistics=repeating if photographs else True,
            write_page_checksum=not photographs,
        ) as writer:
            yield append
            writer.add_key_value_metadata({checksums.KEY: checksums.NONE})
        checksums.seal(file, _PHOTOGRAPHS)


def read(path: str | Path, contract: type[dy.Schema], columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a file of this contract, all its columns validated, or just some of them with their types checked.

    Raises:
        UserError: no Parquet, another contract or version, a wrong column or a broken rule.
    """
    path = Path(path)
    # The pages of some columns have checksums too, except beside photographs, without which a file is soon read.
    if not columns or _PHOTOGRAPHS in contract.column_names():
        _check_bytes(path)
    with _open(path, contract) as file:
        table = _readable(path, lambda: file.read(columns=list(columns) if columns else None))
    frame = pl.DataFrame(table)
    return frame if columns else _as_written(path, contract, frame)


def read_batches(path: str | Path, contract: type[dy.Schema], size: int) -> Iterator[pl.DataFrame]:
    """Read a file of this contract `size` rows at a time, in the order of the key.

    Raises:
        UserError: as `read`.
    """
    path = Path(path)
    _check_bytes(path)
    with _open(path, contract) as file:
        batches = file.iter_batches(batch_size=size)
        while (batch := _readable(path, lambda: next(batches, None))) is not None:
            yield _as_written(path, contract, pl.DataFrame(pa.Table.from_batches([batch])))


def read_all(
    paths: Sequence[str | Path], contract: type[dy.Schema], columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Read the shards of one stage as one frame, in the order of the key.

    Raises:
        UserError: as `read`, or a key that stands in two shards.
    """
    frame = pl.concat([read(path, contract, columns) for path in paths])
    if columns:
        return frame
    key = contract.primary_key()
    repeated = frame.filter(pl.struct(key).is_duplicated())
    if len(repeated):
        raise mistake(paths[0], "/".join(key), "each once over all shards", repeated.row(0), _REBUILD)
    return frame.sort(key)


def _check_bytes(path: Path) -> None:
    """Refuse a file with a changed byte; one without checksums is told more of when it is opened."""
    with _readable(path, lambda: open(path, "rb")) as file:
        if differing := _readable(path, lambda: checksums.mismatch(file, _PHOTOGRAPHS)):
            expected, found = map(repr, differing)
            raise DamagedError(path, "file", f"a whole Parquet file with the checksum {expected}", found)


def _open(path: Path, contract: type[dy.Schema]) -> pq.ParquetFile:
    file: pq.ParquetFile = _readable(path, lambda: pq.ParquetFile(path, page_checksum_verification=True))
    found = (file.schema_arrow.metadata or {}).get(b"imeval.contract", b"none").decode()
    if found != contract_name(contract):
        file.close()
        raise DamagedError(path, "contract", contract_name(contract), found)
    _check_columns(path, contract, file.schema_arrow)
    if checksums.KEY not in file.metadata.metadata:
        raise DamagedError(path, "checksum", "one", "none")
    return file


def _readable(path: Path, reading: Callable[[], T]) -> T:
    try:
        return reading()
    except FileNotFoundError as error:
        raise mistake(path, "file", "a Parquet file", "none", "run the stage that makes it") from error
    except (pa.ArrowInvalid, OSError) as error:
        # With a number it is the disk that failed, not the file.
        if isinstance(error, OSError) and error.errno:
            raise
        raise DamagedError(path, "file", "a whole Parquet file", f"({error})") from error


def _check_columns(path: Path, contract: type[dy.Schema], schema: pa.Schema) -> None:
    expected = arrow_schema(contract)
    if schema.names != expected.names:
        raise DamagedError(path, "columns", ", ".join(expected.names), ", ".join(schema.names))
    for name in expected.names:
        found, wanted = schema.field(name).type, expected.field(name).type
        if found != wanted:
            raise DamagedError(path, f"column {name}", str(wanted), str(found))


def _as_written(path: Path, contract: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """Return what was read of a file, validated, each photograph by its hash."""
    if _PHOTOGRAPHS in frame.columns:
        for name, expected, data in frame.select("image_id", "sha256", _PHOTOGRAPHS).iter_rows():
            if (found := hashlib.sha256(data or b"").hexdigest()) != expected:
                raise DamagedError(path, f"photograph {name}", f"the sha256 {expected}", found)
    return _validated(path, contract, frame)


def _validated(path: Path, contract: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    try:
        return contract.validate(frame)
    except (dy.exc.ValidationError, dy.exc.SchemaError) as error:
        what = " ".join(str(error).split("Resolved plan")[0].split())
        raise mistake(
            path, "content", f"rows that keep the contract {contract_name(contract)}", what, _REBUILD
        ) from None
