"""The page in a real browser."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asked_run
import pytest
from browsing import browser, opened, served  # noqa: F401
from playwright.sync_api import Browser, expect
from projects import ROOT
from small_run import ODD_NAME, SCRIPT

sys.path.append(str(ROOT / "benchmarks"))
from made_results import make_results

PAGES = (
    "/images",
    "/images?wrong=odd/cw",
    "/images?category=Q",
    "/image?id=c",
    "/image?id=e",
    "/answer?id=a&of=talker/ow",
    "/pair?a=good/cw&b=odd/cw",
    "/classes?class=rooster",
    "/class?class=7",
    "/prompts",
    "/request?of=talker/ow",
    "/tables?table=table3",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browsed")
    table = folder / "table3.csv"
    head = "table,model,title,group,task,labels,category,metric,value,image_set,label_set"
    table.write_text(f"{head}\ntable3,odd,Odd & Co,mllm,cw,regt,S-,accuracy,0.0,four photographs,small labels\n")
    with served(replace(asked_run.write(folder), tables={"table3": str(table)})) as address:
        yield address


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    models = [f"model_{number}" for number in range(4)]
    with served(make_results(tmp_path_factory.mktemp("made"), 5000, models, shard_count=5)) as address:
        yield address


@pytest.mark.parametrize("width", [1280, 400])
def test_every_page_fits_its_width_and_runs_no_foreign_script(browser: Browser, small: str, width: int) -> None:
    with opened(browser, small, width) as (page, errors):
        for path in PAGES:
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (path, wide)
    # The page of a mistake has its status; nothing else may be logged.
    assert [error for error in errors if "status of 400" not in error] == []


def test_an_answer_is_text_and_never_a_script(browser: Browser, small: str) -> None:
    with opened(browser, small) as (page, errors):
        page.goto("/image?id=c")
        expect(page.get_by_text(SCRIPT)).to_have_count(1)
        page.goto("/images?failed=&wrong=odd/cw")
        expect(page.get_by_text(SCRIPT)).to_have_count(1)
        expect(page.get_by_alt_text(ODD_NAME)).to_have_count(1)
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
        page.wait_for_timeout(200)
    assert not [error for error in errors if "dialog" in error]
    assert any("Content Security Policy" in error for error in errors)


def test_a_filter_changes_the_gallery_and_the_address(browser: Browser, small: str) -> None:
    with opened(browser, small) as (page, errors):
        page.goto("/images")
        page.get_by_label("Category").select_option("S-")
        expect(page.locator(".card")).to_have_count(1)
        expect(page).to_have_url(f"{small}/images?category=S-")
        page.get_by_label("Wrong").first.select_option("odd/cw")
        expect(page).to_have_url(f"{small}/images?category=S-&wrong=odd%2Fcw")
        expect(page.get_by_text("Odd & Co")).to_have_count(1)
        page.reload()
        expect(page.locator(".card")).to_have_count(1)
        expect(page.get_by_label("Category")).to_have_value("S-")
    assert errors == []


def test_keys_lead_to_the_images_before_and_after(browser: Browser, small: str) -> None:
    with opened(browser, small) as (page, _):
        page.goto("/images?category=A-N")
        page.locator(".card").first.click()
        expect(page.locator("h1")).to_contain_text("a")
        for key, heading in (("j", ODD_NAME), ("ArrowRight", "c"), ("k", ODD_NAME), ("ArrowLeft", "a")):
            page.wait_for_load_state()
            page.keyboard.press(key)
            expect(page.locator("h1")).to_contain_text(heading)
        page.goto("/images")
        page.keyboard.press("/")
        page.keyboard.type("jk hen")
        expect(page.get_by_label("Text")).to_have_value("jk hen")


def test_the_details_of_an_answer_open_below_it(browser: Browser, small: str) -> None:
    with opened(browser, small) as (page, errors):
        page.goto("/image?id=a")
        page.get_by_role("link", name="details").last.click()
        expect(page.get_by_text("they are what was sent")).to_be_visible()
        expect(page.get_by_text("Is it a <hen>?")).to_be_visible()
        expect(page).to_have_url(f"{small}/image?id=a")
        page.get_by_role("link", name="What these answers were made from").click()
        expect(page.get_by_text("from outside")).to_be_visible()
    assert errors == []


def test_filters_open_by_a_button_where_the_page_is_narrow(browser: Browser, small: str) -> None:
    with opened(browser, small, 400) as (page, _):
        page.goto("/images")
        expect(page.get_by_label("Category")).to_be_hidden()
        page.get_by_text("Filters").click()
        expect(page.get_by_label("Category")).to_be_visible()


def test_five_thousand_images_are_paged_and_filtered(browser: Browser, large: str) -> None:
    with opened(browser, large) as (page, errors):
        page.goto("/images")
        expect(page.get_by_text("page 1 of 105")).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("page 2 of 105")).to_be_visible()
        expect(page.locator(".card")).to_have_count(48)
        assert page.locator(".card img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
        page.get_by_label("Text").fill("i don't know")
        page.keyboard.press("Enter")
        expect(page.locator(".summary b")).not_to_have_text("5,000")
        page.locator(".card").first.click()
        expect(page.get_by_text("I don't know").first).to_be_visible()
    assert errors == []


def test_what_is_shown_is_downloaded_as_csv(browser: Browser, small: str, tmp_path: Path) -> None:
    with opened(browser, small) as (page, _):
        page.goto("/images?category=S-&task=cw")
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        download.value.save_as(tmp_path / "images.csv")
    assert len((tmp_path / "images.csv").read_text().splitlines()) == 3
