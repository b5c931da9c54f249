"""The pictures, in the size that a page asks for."""

from fastapi import APIRouter
from starlette.responses import Response

from imeval.viewer.rendering import Shown

THUMBNAIL = 320
"""The largest side of a small picture, in pixels."""

router = APIRouter()


@router.get("/picture")
def picture(results: Shown, id: str, images: str = "", small: bool = False) -> Response:
    """Return a picture, small for a gallery."""
    shards = results.browsed.image_set(images).shards
    sent = results.pictures.thumbnail(shards, id, THUMBNAIL) if small else results.pictures.picture(shards, id)
    return Response(sent.data, media_type=sent.media_type, headers={"Cache-Control": "private, max-age=600"})
