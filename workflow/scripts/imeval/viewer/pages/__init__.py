"""A module a page.

Each has a `router`; one with a link in the head of every page has its `TITLE`, its `PATH` and its `PLACE` there:

    TITLE, PATH, PLACE = "Images", "/images", 1

    router = APIRouter()

    @router.get(PATH)
    def images(request: Request, filters: Asked, results: Shown) -> Response: ...
"""
