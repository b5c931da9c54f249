"""A folder of samples and pictures that `datasets.load_dataset` reads.

    README.md               the card, which names the two parts
    data/samples.parquet    what each model made of each image
    images/<shard>.parquet  the pictures, if asked for

`load_dataset("results/export", "samples")` and `load_dataset("results/export", "images")` read its parts.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from imeval.images import photographs

# The library reads this metadata: without it a picture would be a struct of bytes and path.
_FEATURES = {"image_id": {"dtype": "string", "_type": "Value"}, "image": {"_type": "Image"}}
_SCHEMA = pa.schema(
    [("image_id", pa.string()), ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))],
    metadata={"huggingface": json.dumps({"info": {"features": _FEATURES}})},
)

_CARD = """---
configs:
{configs}---
# {title}

What each model made of each image: its answer, the class of it, and whether that is correct under the original labels
(`imgt_correct`) and under the corrected ones (`regt_correct`). Made by imeval.
{pictures}"""

_CONFIG = """- config_name: {name}
  data_files: {files}
"""

_PICTURES = """
The pictures belong to whoever made them: publish this folder only where their licences allow it.
"""


def export(samples: str | Path, shards: Sequence[str | Path], title: str, folder: Path) -> None:
    """Write the folder of a data set.

    Args:
        samples: the file of `Samples`.
        shards: the files of `Images`; none, to leave the pictures out.
        title: of the images.
        folder: where it is written.
    """
    (folder / "data").mkdir(parents=True)
    shutil.copyfile(samples, folder / "data/samples.parquet")
    for shard in shards:
        _write_pictures(Path(shard), folder / "images" / Path(shard).name)
    parts = {"samples": "data/samples.parquet"} | ({"images": "images/*.parquet"} if shards else {})
    configs = "".join(_CONFIG.format(name=name, files=files) for name, files in parts.items())
    card = _CARD.format(configs=configs, title=title, pictures=_PICTURES if shards else "")
    (folder / "README.md").write_text(card, encoding="utf-8")


def _write_pictures(shard: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with pq.ParquetWriter(target, _SCHEMA, compression="NONE") as writer:
        for frame in photographs.read(shard):
            pictures = frame.select("image_id", image=pl.struct(bytes="data", path="image_id"))
            writer.write_table(pictures.to_arrow().cast(_SCHEMA))
