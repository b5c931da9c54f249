"""Two people review the small run in a browser, whose server is killed; a third settles their conflict."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_tables
import polars as pl
import pytest
from imeval import tables
from imeval.annotation.database import read_actions, standing
from imeval.annotation.decisions import frame_of
from imeval.annotation.resolution import resolve, revised
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels.categories import count_categories, label
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.correctness import score
from imeval.scoring.metrics import measure
from imeval.tables.context import ModelRow
from imeval.tables.rendering import to_csv
from imeval.viewer.serving import bound
from projects import ROOT
from small_run import HEN, ODD_NAME, OSTRICH, ROOSTER

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


class Server:
    """The server of a folder, started again at the same port."""

    def __init__(self, folder: Path) -> None:
        free = bound(0)
        self._port = free.getsockname()[1]
        free.close()
        self.folder = folder
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "tests/served_review.py"), str(self.folder), str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path)
    yield found
    found.kill()


@pytest.fixture
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of requirements-dev.txt")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def page_of(browser: Any) -> Any:
    """Return a page of a new person, which waits longer than usual: the machine may be busy."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(300_000)
    return context.new_page()


class Person:
    """A person at a browser of their own."""

    def __init__(self, browser: Any, server: Server, name: str) -> None:
        self.page = page_of(browser)
        self.page.goto(server.address)
        self.page.get_by_label("Your name").fill(name)
        # Before a page is loaded whole, its script does not hear keys.
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Begin").click()

    @property
    def image(self) -> str:
        return self.page.locator("input[name=image]").get_attribute("value")

    def choose(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def find(self, text: str, name: str) -> None:
        """Search a class, and choose the first that is found."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(text)
        self.page.locator("#found .class").get_by_text(name, exact=True).first.wait_for()
        self.page.keyboard.press("Enter")

    def save(self) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


def key_of(person: Person, name: str) -> str:
    """Return the key of the proposal of a class."""
    option = person.page.locator(".option[data-kind=proposal]").filter(has_text=name)
    return option.first.get_attribute("data-key")


def labels_now(folder: Path) -> pl.DataFrame:
    """Return the labels after the decisions in the database, as the stages make them."""
    before = parquet.read(folder / "results/labels/small/regt.parquet", Labels)
    resolved = resolve(frame_of(standing(read_actions(folder / "annotations/regt.sqlite"))), before)
    index = parquet.read(folder / "results/images/small/index.parquet", ImageIndex)
    return label("new", index, revised(before, resolved), [], "plus", agreement_key=None)


def table3(folder: Path, labels: pl.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """Return how many images are right in Table 3, of how many, by model and category."""
    metrics = [
        measure(
            score(parquet.read(folder / f"results/predictions/small/cw/{model}.parquet", Predictions), labels),
            model,
            "cw",
            "exclude",
            0.95,
        )
        for model in ("good", "odd")
    ]
    models = [ModelRow(name, name, "supervised", ("cw",)) for name in ("good", "odd")]
    table = tables.build("recognition", made_tables.context(*metrics, models=models, counts=count_categories(labels)))
    rows = csv.DictReader(to_csv(table).splitlines())
    found = {(row["model"], row["category"]): row for row in rows if row["labels"] == "regt" and row["n"] != "0"}
    return {key: (int(row["n_hit"]), int(row["n"])) for key, row in found.items()}


def test_two_people_a_conflict_a_killed_server_and_a_third_person(server: Server, browser: Any, tmp_path: Path) -> None:
    anna, ben = Person(browser, server, "anna"), Person(browser, server, "ben")
    # The image with most evidence comes first, for both.
    assert {anna.image, ben.image} == {anna.image}
    for person in (anna, ben):
        while person.image != ODD_NAME:
            with person.page.expect_navigation():
                person.choose("s")
        person.choose(key_of(person, "rooster"))
        person.save()
        assert person.image == "d"
    anna.find("ostr", "ostrich")
    anna.save()
    assert anna.page.get_by_text("2", exact=True).first.is_visible()
    # Ben has chosen, but not saved, when the server dies.
    ben.choose("n")
    server.kill()
    server.start()
    ben.save()
    actions = read_actions(tmp_path / "annotations/regt.sqlite")
    decided = {(one["annotator"], one["image_id"]): one["labels"] for one in standing(actions)}
    assert decided == {
        ("anna", ODD_NAME): [ROOSTER],
        ("ben", ODD_NAME): [ROOSTER],
        ("anna", "d"): [OSTRICH],
        ("ben", "d"): [],
    }
    assert labels_now(tmp_path).select("image_id", "labels").rows()[-1] == ("d", [])

    cleo = page_of(browser)
    cleo.goto(f"{server.address}annotate/conflicts")
    assert cleo.locator(".conflict h2").all_inner_texts() == ["d"]
    cleo.get_by_label("Your name").fill("cleo")
    with cleo.expect_navigation():
        cleo.get_by_role("button", name="Settle").click()
    cleo.locator(".option[data-kind=given]").filter(has_text="ostrich").click()
    cleo.get_by_role("button", name="save").click()
    cleo.get_by_text("settled").wait_for()

    before = parquet.read(tmp_path / "results/labels/small/regt.parquet", Labels)
    after = labels_now(tmp_path)
    assert dict(after.select("image_id", "labels").rows()) == {
        "a": [ROOSTER],
        ODD_NAME: [ROOSTER],
        "c": [ROOSTER, HEN],
        "d": [OSTRICH],
    }
    # By hand: "good" answered hen about b, which is a rooster now, and ostrich about d, where every answer counted as
    # right; "odd" answered rooster about b, and nothing about d, which is no image of N any more.
    assert table3(tmp_path, before) == {
        ("good", "A"): (4, 4), ("good", "A-N"): (3, 3), ("good", "S"): (2, 2), ("good", "S+"): (1, 1),
        ("good", "S-"): (1, 1), ("good", "M"): (1, 1), ("good", "M+"): (1, 1),
        ("odd", "A"): (1, 3), ("odd", "A-N"): (1, 3), ("odd", "S"): (1, 2), ("odd", "S+"): (1, 1),
        ("odd", "S-"): (0, 1), ("odd", "M"): (0, 1), ("odd", "M+"): (0, 1),
    }  # fmt: skip
    assert table3(tmp_path, after) == {
        ("good", "A"): (3, 4), ("good", "A-N"): (3, 4), ("good", "S"): (2, 3), ("good", "S+"): (1, 2),
        ("good", "S-"): (1, 1), ("good", "M"): (1, 1), ("good", "M+"): (1, 1),
        ("odd", "A"): (2, 3), ("odd", "A-N"): (2, 3), ("odd", "S"): (2, 2), ("odd", "S+"): (2, 2),
        ("odd", "M"): (0, 1), ("odd", "M+"): (0, 1),
    }  # fmt: skip


def test_the_page_works_by_keys_and_keeps_what_is_written(server: Server, browser: Any) -> None:
    anna = Person(browser, server, "anna")
    errors: list[str] = []
    anna.page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    first = anna.image
    anna.page.keyboard.press("Enter")
    assert anna.page.get_by_role("alert").inner_text() == "Choose classes, or none of the classes, or not sure."
    anna.choose("u", "a")
    assert anna.page.locator("#answer").input_value() == ""
    assert anna.page.locator(".chip").count() == 1
    anna.choose("a", "n")
    assert anna.page.locator(".chip").count() == 0
    anna.save()
    assert anna.image != first
    with anna.page.expect_navigation():
        anna.choose("z")
    assert anna.image == first
    anna.page.locator("#picture").click()
    assert "whole" in (anna.page.locator(".drawing").get_attribute("class") or "")
    assert errors == []


def test_a_box_is_drawn_by_mouse_and_kept_in_pixels(server: Server, browser: Any, tmp_path: Path) -> None:
    anna = Person(browser, server, "anna")
    first, mouse = anna.image, anna.page.mouse
    shown = anna.page.locator("#picture").bounding_box()

    def drag(*corners: float) -> None:
        # The picture of 60 x 40 pixels fills the width of its place, and stands in the middle of its height.
        scale = shown["width"] / 60
        top = shown["y"] + (shown["height"] - 40 * scale) / 2
        x_min, y_min, x_max, y_max = (corner * scale for corner in corners)
        mouse.move(shown["x"] + x_min, top + y_min)
        mouse.down()
        mouse.move(shown["x"] + x_max, top + y_max)
        mouse.up()

    drag(30, 20, 10, 10)
    assert anna.page.get_by_role("alert").inner_text() == "Choose a class first, then draw its box."
    anna.choose(key_of(anna, "rooster"), key_of(anna, "hen"))
    drag(30, 20, 10, 10)
    drag(0, 0, 5, 5)
    assert anna.page.locator("#drawn rect").count() == 2
    anna.page.get_by_label("Remove box 2").click()
    anna.page.get_by_label("Class of box 1").select_option("rooster")
    anna.save()
    (decision,) = standing(read_actions(tmp_path / "annotations/regt.sqlite"))
    (box,) = decision["boxes"]
    assert (first, decision["labels"], box["class_id"], box["width"], box["height"]) == (
        ODD_NAME, [ROOSTER, HEN], ROOSTER, 60, 40,
    )  # fmt: skip
    assert [box[corner] for corner in ("x_min", "y_min", "x_max", "y_max")] == pytest.approx([10, 10, 30, 20], abs=0.2)
    # Looked at again, it is there; a class that is taken out takes its box with it.
    anna.page.goto(f"{server.address}annotate?annotator=anna&image={ODD_NAME}")
    assert anna.page.locator("#drawn rect").count() == 1
    anna.page.locator(".chip").filter(has_text="rooster").click()
    assert anna.page.locator("#drawn rect").count() == 0
