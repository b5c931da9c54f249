"""ObjectNet's objects, which stand for classes of ImageNet.

Of its 313 objects, 113 are one class of ImageNet or several, between which an answer is right:

    mappings/folder_to_objectnet_label.json    {"alarm_clock": "Alarm clock", "air_freshener": "Air freshener"}
    mappings/objectnet_to_imagenet_1k.json     {"Alarm clock": "analog clock; digital clock"}
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import polars as pl

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.base.user_json import read_json
from imeval.labels.classes import class_ids_of_names

FOLDERS = "folder_to_objectnet_label.json"


def read_objects(path: str | Path) -> dict[str, tuple[int, ...]]:
    """Return the classes of each object that has some, by its name.

    `path` is that of objectnet_to_imagenet_1k.json.

    Raises:
        UserError: it has another form, or names that are no class of ImageNet.
    """
    named = _texts(path)
    return {name: tuple(class_ids_of_names(path, classes.split("; "))) for name, classes in named.items()}


def from_objects(found: pl.DataFrame, path: str | Path) -> pl.DataFrame:
    """Return the first class of the object of each picture.

    Pictures of objects that are no class of ImageNet are left out. `found` has the columns `images.places.FOUND`; the
    folder of a picture names its object. `path` is as in `read_objects`, and the names of folders lie beside it.

    Raises:
        UserError: as `read_objects`, or a folder of no object.
    """
    objects, folders = read_objects(path), _texts(Path(path).with_name(FOLDERS))
    labels: list[tuple[str, int]] = []
    for image_id, source in found.select("image_id", "source").iter_rows():
        folder = PurePosixPath(source).parent.name
        if folder not in folders:
            expected = f"a folder of {FOLDERS}"
            raise mistake(source, "folder", expected, f"'{folder}'", did_you_mean(folder, folders))
        if folders[folder] in objects:
            labels.append((image_id, objects[folders[folder]][0]))
    return pl.DataFrame(labels, schema={"image_id": pl.String(), "imgt": pl.Int16()}, orient="row")


def _texts(path: str | Path) -> Mapping[str, str]:
    content = read_json(path)
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise mistake(path, "file", "an object of texts", "another form", "use the file as it is distributed")
    return content
