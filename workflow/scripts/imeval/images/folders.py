"""Pictures in folders: listing and reading."""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.base.user_tables import class_id, is_image_name, synset_class_ids
from imeval.images.passed_over import BROKEN_LINKS, FOLDER_LINKS, PassedOver, unlike
from imeval.images.places import Picture, Place, Source


def pictures_in_folder(source: Source, passed_over: PassedOver) -> Iterator[Picture]:
    """Yield pictures of a folder and its subfolders."""
    for path, size in _listing(source.path, passed_over):
        if not is_image_name(path.name):
            passed_over.add(str(path))
        elif not fnmatchcase(path.name.lower(), source.pattern.lower()):
            passed_over.add(str(path), unlike(source.pattern))
        else:
            yield Picture(str(path), Place(str(path), None, None, size))


def pictures_in_class_folders(source: Source, passed_over: PassedOver) -> Iterator[Picture]:
    """Yield pictures with the class of their folder.

    Raises:
        UserError: a picture outside the folders of classes. A folder is named by the synset or number of its class, or
            with a class list by its key, name or number.
    """
    for picture in pictures_in_folder(source, passed_over):
        yield Picture(picture.name, picture.place, _class_of_folder(source, picture.place.source))


def _class_of_folder(source: Source, picture: str) -> int:
    """Return the class in the first folder of a path."""
    folder = PurePosixPath(picture).parts[0]
    if source.classes is not None:
        return class_id(folder, f"{source.path}/{picture}", "class folder", source.classes)
    numbers = synset_class_ids()
    # ImageNet-V2 names folders by class id: 0, 1, 10.
    if folder not in numbers and not (folder.isdecimal() and int(folder) < len(numbers)):
        expected = "pictures in folders named by the synset of their class, such as n01440764"
        remedy = did_you_mean(folder, numbers) if folder.startswith("n0") else "move or remove it"
        raise mistake(source.path, "class folder", expected, picture, remedy)
    return numbers[folder] if folder in numbers else int(folder)


def file_bytes(path: Path) -> bytes:
    """Return the bytes of a picture.

    Raises:
        UserError: the file is missing or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise mistake(path, "image", "a readable file", f"({error})", "complete the pictures") from error


def _listing(root: Path, passed_over: PassedOver) -> list[tuple[PurePosixPath, int]]:
    """Return visible files below a folder with sizes, sorted."""
    try:
        return sorted(_files(root.resolve(strict=True), PurePosixPath(), passed_over))
    except (OSError, RecursionError) as error:
        raise mistake(root, "folder", "a readable folder", f"({error})", "correct the path") from error


def _files(root: Path, folder: PurePosixPath, passed_over: PassedOver) -> Iterator[tuple[PurePosixPath, int]]:
    with os.scandir(root / folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            # A link out of the folder would let a data set read any file of this machine.
            if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
                expected = "no symbolic link out of the folder"
                raise mistake(entry.path, "source", expected, os.readlink(entry.path), "copy what it leads to")
            # Links to folders are not followed, because one that leads upwards would never end.
            if entry.is_dir(follow_symlinks=False):
                yield from _files(root, folder / entry.name, passed_over)
            elif entry.is_file():
                yield folder / entry.name, entry.stat().st_size
            elif entry.is_symlink():
                passed_over.add(str(folder / entry.name), FOLDER_LINKS if entry.is_dir() else BROKEN_LINKS)
            # Anything else is a pipe, a socket or a device.
            else:
                passed_over.add(str(folder / entry.name))
