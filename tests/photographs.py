"""Photographs of one colour each in a project, their labels, and the configuration that names both."""

import yaml
from PIL import Image
from projects import Project


def add(project: Project, count: int, step: int = 20) -> None:
    """Write photographs of class 0 named 00_0.png, 01_0.png and so on, each redder by a step, and labels.csv."""
    folder = project.folder / "photographs"
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", (40, 30), (step * number, 0, 0)).save(folder / f"{number:02d}_0.png")
    project.write("labels.csv", "image_id,labels\n" + "".join(f"{number:02d}_0,0\n" for number in range(count)))


def configuration(title: str, **settings: object) -> str:
    """Return the image set `mine`, whose file names end in the original label, and the label set `mine`."""
    image_set = {
        "title": title,
        "source": {"kind": "folder", "path": "photographs"},
        "original_labels": {"kind": "file_name", "pattern": r"_(\d+)$"},
    }
    label_set = {"title": "my labels", "kind": "file", "path": "labels.csv"}
    return yaml.safe_dump({"image_sets": {"mine": image_set | settings}, "label_sets": {"mine": label_set}})
