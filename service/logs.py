"""The log: one line an event, as text or as JSON, of ours and of the libraries' alike.

Never in it: pictures, landmarks, tokens, tickets, keys, query strings and user ids.
"""

import logging
import re
import sys
from asyncio import CancelledError
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from structlog.stdlib import BoundLogger, ExtraAdder, ProcessorFormatter
from structlog.typing import EventDict, Processor

from service.settings import Settings

_OURS: Final = "service"
_HTTP: Final = '%s - "%s %s HTTP/%s" %d'
_WEBSOCKET: Final = '%s - "WebSocket %s" '
_NO_FAULTS: Final = (
    "ASGI callable returned without completing handshake.",  # it was answered with a problem
    "Invalid UTF-8 sequence received from client.",
    "query cancellation interrupted (%s): closing connection",  # nobody waits for it any more
)
_QUERY: Final = re.compile(r"\?[^\s\"']*")
_USER: Final = re.compile(r"(?<=/users/).+")


def get_logger(name: str) -> BoundLogger:
    """A logger of events with fields; the standard library's loggers carry them."""
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.render_to_log_kwargs,
        ],
    )
    return cast(BoundLogger, logger)


def configure(settings: Settings) -> None:
    """Send everything that this process logs to standard error, in one form.

    The libraries log nothing finer than info: what they would log includes headers and messages.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings))
    handler.addFilter(_is_fault)
    level = settings.log_level.upper()
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))
    logging.getLogger(_OURS).setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # a start need not tell of its DDL
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # else a line that cannot be written is printed as it came


def _is_fault(record: logging.LogRecord) -> bool:
    """Libraries take what a client does, and who was cancelled, for a fault, too."""
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], CancelledError)
    return record.msg not in _NO_FAULTS and not cancelled


def formatter(settings: Settings) -> logging.Formatter:
    """Renders each record as `log_format` says."""
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _told_by_uvicorn,
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # frames alone: what variables hold is private
            _renderer(settings),
        ],
        pass_foreign_args=True,
    )


def _renderer(settings: Settings) -> Processor:
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        timestamp_key="time",
        exception_formatter=structlog.dev.plain_traceback,
    )


def _told_by_uvicorn(_: Any, __: str, event: EventDict) -> EventDict:
    """Requests as fields, and no line with a query string: it may hold a ticket."""
    message, args = str(event["_record"].msg), event.pop("positional_args")
    event.pop("color_message", None)
    if message == _HTTP:
        client, method, path, _, status = args
        event.update(_request("request", client, method, path, status))
    elif message.startswith(_WEBSOCKET):
        client, path, *more = args
        status = _status(message.removeprefix(_WEBSOCKET), more)
        event.update(_request("websocket", client, "GET", path, status))
    elif not event["logger"].startswith(_OURS):
        event["event"] = _QUERY.sub("", event["event"]).strip()
    return event


def _request(event: str, client: str, method: str, path: str, status: int) -> EventDict:
    path = _USER.sub("...", path.partition("?")[0])
    return {"event": event, "client": client, "method": method, "path": path, "status": status}


def _status(told: str, more: Sequence[int]) -> int:
    """Of `[accepted]`, `403`, or `%d` and a number."""
    if more:
        return more[0]
    return int(told) if told.isdecimal() else HTTPStatus.SWITCHING_PROTOCOLS.value
