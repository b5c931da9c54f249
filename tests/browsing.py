"""A real browser, headless, for tests of the page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import uvicorn
from imeval.viewer.app import create_app
from imeval.viewer.browsed import Browsed
from imeval.viewer.serving import bound
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# A module at a time: Playwright runs once in a process, and other modules start their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or a skipped test where this machine has none."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is installed (apt install chromium)")
    with sync_playwright() as playwright:
        # In a container, as in CI, Chromium's own sandbox cannot be set up.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def served(browsed: Browsed) -> Iterator[str]:
    """Serve the page in a thread, and yield its address."""
    listening = bound(0)
    server = uvicorn.Server(uvicorn.Config(create_app(browsed), log_level="warning"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@contextmanager
def opened(browser: Browser, address: str, width: int = 1280) -> Iterator[tuple[Page, list[str]]]:
    """Open a page, with a list that takes its errors: of scripts, of the policy, and dialogs."""
    page, errors = browser.new_page(base_url=address, viewport={"width": width, "height": 900}), []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
    yield page, errors
    page.close()
