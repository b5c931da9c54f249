"""Templates, and what every page gives them."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from imeval.viewer.filters import Filters, read_filters
from imeval.viewer.reading import Results


def templates() -> Jinja2Templates:
    """Return the pages' templates.

    All text is escaped: answers, file names and titles come from outside.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return Jinja2Templates(env=environment)


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """Return a page.

    Args:
        request: what it answers.
        template: the name of its template.
        status: the status of the response.
        context: what the template shows; `filters` are by default those of the address, if they can be read.
    """
    state = request.app.state
    shown = {"navigation": state.navigation, "path": request.url.path, "browsed": state.results.browsed}
    found: Response = state.templates.TemplateResponse(
        request, template, {"filters": Filters()} | shown | context, status_code=status
    )
    return found


def _results(request: Request) -> Results:
    found: Results = request.app.state.results
    return found


def _filters(request: Request) -> Filters:
    return read_filters(request.query_params)


Shown = Annotated[Results, Depends(_results)]
"""The results, as an argument of a page."""

Asked = Annotated[Filters, Depends(_filters)]
"""The filters of the address, as an argument of a page."""
