"""REST: the metrics, to be scraped by Prometheus."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import PlainTextResponse

from service.access import MayScrape
from service.errors import KEY_ONLY, problems
from service.state import State

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=problems(*KEY_ONLY),
)
async def metrics(_: MayScrape, state: State, accept: Annotated[str, Header()] = "") -> Response:
    """Every metric in Prometheus's text format, or in OpenMetrics'; with a key only."""
    await state.metrics.look(state.clips)
    content, media_type = state.metrics.exposition(accept)
    return Response(content, media_type=media_type)
