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

import pyarrow as pa
import pyarrow.parquet as pq

from imeval.base import parquet
from imeval.images.contract import Images

_PICTURES_AT_ONCE = 64

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
        for frame in parquet.read_batches(shard, Images, _PICTURES_AT_ONCE):
            names = frame["image_id"].to_list()
            pictures = [
                {"bytes": data, "path": name} for name, data in zip(names, frame["data"].to_list(), strict=True)
            ]
            writer.write_table(pa.table([names, pictures], schema=_SCHEMA))
