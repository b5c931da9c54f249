"""The app of the page."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from imeval.base.errors import UserError
from imeval.viewer import pages
from imeval.viewer.browsed import Browsed
from imeval.viewer.pages import annotate
from imeval.viewer.reading import Results
from imeval.viewer.rendering import render, templates
from imeval.viewer.review import Review
from imeval.viewer.security import HEADERS, OnlyThisMachine

_STATIC = Path(__file__).parent / "static"


def create_app(browsed: Browsed, review: Review | None = None) -> FastAPI:
    """Return the app over the files of a run.

    With a review, the first page is that of people's decisions.

    Every module of `pages` has a `router`. One with a `TITLE` has a link in the head of each page, to its `PATH`.
    """
    # The documentation pages of the framework load scripts from elsewhere.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(OnlyThisMachine)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    found = list(page_modules())
    for module in found:
        app.include_router(module.router)
    app.state.results = Results(browsed)
    app.state.templates = templates()
    app.state.review = review
    app.state.navigation = sorted(
        (module.PLACE, module.PATH, module.TITLE) for module in found if hasattr(module, "TITLE")
    )
    if review is not None:
        app.state.navigation.insert(0, (0, annotate.PATH, "Annotate"))
    app.add_exception_handler(UserError, _mistake)
    app.add_exception_handler(HTTPException, _refusal)
    app.add_exception_handler(Exception, _unexpected)
    app.add_api_route("/", _start, methods=["GET"])
    return app


def page_modules() -> Iterator[ModuleType]:
    """Yield the modules of the pages."""
    for found in pkgutil.iter_modules(pages.__path__):
        yield importlib.import_module(f"{pages.__name__}.{found.name}")


def _start(request: Request) -> Response:
    return RedirectResponse("/images" if request.app.state.review is None else annotate.PATH)


def _mistake(request: Request, error: Exception) -> Response:
    return render(request, "error.html", status=400, sentence=str(error))


def _refusal(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return render(
        request, "error.html", status=status, sentence=f"{request.url.path}: {getattr(error, 'detail', error)}"
    )


def _unexpected(request: Request, error: Exception) -> Response:
    sentence = f"unexpected {type(error).__name__}: {error}; the terminal has where it happened"
    response = render(request, "error.html", status=500, sentence=sentence)
    # The framework answers here outside of the middleware that adds them.
    response.headers.update(HEADERS)
    return response
