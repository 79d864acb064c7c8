"""REST: the metrics, to be scraped by Prometheus."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import PlainTextResponse

from service.access import CallerOf
from service.errors import ServiceError, problems
from service.state import State

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=problems("unauthorized", "key_only"),
)
def metrics(caller: CallerOf, state: State, accept: Annotated[str, Header()] = "") -> Response:
    """Every metric in Prometheus's text format, or in OpenMetrics'; with a key only."""
    if caller.user is not None:
        raise ServiceError("key_only", "a token reads no metrics: use the key")
    content, media_type = state.metrics.exposition(accept)
    return Response(content, media_type=media_type)
