"""The live protocol as AsyncAPI 3.0, made from its messages: what OpenAPI is for REST."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from inspect import getdoc
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import core_schema

from blazereps_client.wire import (
    ENTRY,
    HEADER,
    MAX_BATCH,
    POINTS_BYTES,
    WORLD_BYTES,
    Header,
    Kind,
    pack_batch,
    pack_landmarks,
)
from service import examples
from service.access import SUBPROTOCOL, TICKET_SUBPROTOCOL
from service.errors import ERRORS

Object = dict[str, Any]

router = APIRouter(include_in_schema=False)

_ADDRESS: Final = "/v1/live"
_REF: Final = "#/components/schemas/{model}"
_ROWS: Final = [[320.0, 80.0 + 11 * i, -12.5, 0.99, 1.0] for i in range(33)]
_LAYOUT: Final = f"""\
A {HEADER.size}-byte little-endian header, then the payload.

| offset | size | field | value |
|---|---|---|---|
| 0 | 1 | version | 1 |
| 1 | 1 | kind | {", ".join(f"{kind.value}: {kind.name.lower()}" for kind in Kind)} |
| 2 | 2 | flags | bits 0-1: quarter turns clockwise to upright; 2: mirrored; 3: key frame; 4: late |
| 4 | 4 | seq | the client's own number, repeated in acks and errors |
| 8 | 8 | capture_us | when it was taken, in microseconds from any origin, 0 to 2^53 |

The payload: """
_PAYLOADS: Final = {
    Kind.IMAGE: ("MediaImage", "One picture", "a JPEG, PNG or WebP file."),
    Kind.VIDEO: (
        "MediaVideo",
        "A piece of encoded video",
        "one access unit of H.264 in Annex B, or one frame of VP8 or VP9.",
    ),
    Kind.LANDMARKS: (
        "MediaLandmarks",
        "33 landmarks of one moment",
        f"33 x (x, y, z, visibility, presence) as float32 ({POINTS_BYTES} bytes), then 33 x "
        f"(x, y, z) in metres ({WORLD_BYTES} bytes) or nothing; empty: nobody is seen.",
    ),
    Kind.BATCH: (
        "MediaBatch",
        "Landmarks of several moments",
        f"1 to {MAX_BATCH} observations, each {ENTRY.size} bytes (seq u32, content u8, three zero "
        "bytes, capture time u64 in microseconds) and the landmarks; content 0: nobody, 1: "
        "without, 2: with metres.",
    ),
}


@router.get("/asyncapi.json")
async def asyncapi(request: Request) -> Response:
    """The document, for the server that was asked."""
    secure = request.url.scheme == "https"
    told = json.dumps(document(request.url.netloc, secure=secure))
    return Response(told, media_type="application/json")


def document(host: str, *, secure: bool = False) -> Object:
    """The whole of it, for a server at `host` such as `127.0.0.1:8000`."""
    payloads, schemas = _schemas()
    received = _described(examples.FROM_CLIENT, payloads) | _media()
    sent = _described(examples.FROM_SERVER, payloads)
    messages = received | sent
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "blazereps live",
            "version": version("blazereps"),
            "description": "One WebSocket serves one session: media in, counted repetitions out.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"live": _server(host, secure=secure)},
        "channels": {"live": _channel(messages)},
        "operations": {
            "receive": _operation("receive", "What the client says", received),
            "send": _operation("send", "What the server says", sent),
        },
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": _security_schemes(),
        },
    }


def _server(host: str, *, secure: bool) -> Object:
    schemes = [{"$ref": f"#/components/securitySchemes/{name}"} for name in _security_schemes()]
    return {"host": host, "protocol": "wss" if secure else "ws", "security": schemes}


def _channel(messages: Iterable[str]) -> Object:
    offered = {
        "type": "string",
        "description": f"{SUBPROTOCOL}, and from browsers {TICKET_SUBPROTOCOL}TICKET beside it.",
        "examples": [SUBPROTOCOL, f"{SUBPROTOCOL}, {TICKET_SUBPROTOCOL}eyJhbGciOi..."],
    }
    ticket = {"type": "string", "description": "Instead of a ticket among the subprotocols."}
    binding = {
        "method": "GET",
        "headers": {"type": "object", "properties": {"Sec-WebSocket-Protocol": offered}},
        "query": {"type": "object", "properties": {"ticket": ticket}},
        "bindingVersion": "0.1.0",
    }
    return {
        "address": _ADDRESS,
        "title": "A live session",
        "servers": [{"$ref": "#/servers/live"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": binding},
        "x-close-codes": _close_codes(),
    }


def _close_codes() -> list[Object]:
    refused = [
        {"code": rule.close_code, "error": code, "title": rule.title}
        for code, rule in ERRORS.items()
        if rule.close_code is not None
    ]
    return [{"code": 1000, "error": None, "title": "After session.summary"}, *refused]


def _operation(action: str, title: str, messages: Iterable[str]) -> Object:
    return {
        "action": action,
        "title": title,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in messages],
    }


def _described(told: Iterable[BaseModel], payloads: Mapping[type[Any], Object]) -> Object:
    return {type(one).__name__: _message(one, payloads[type(one)]) for one in told}


def _message(example: BaseModel, payload: Object) -> Object:
    model = type(example)
    description = getdoc(model) or ""
    return {
        "name": model.model_fields["type"].default,
        "title": model.__name__,
        "summary": description.partition("\n")[0],
        "description": description,
        "contentType": "application/json",
        "payload": payload,
        "examples": [{"payload": example.model_dump(mode="json")}],
    }


def _media() -> Object:
    """The binary messages."""
    points = pack_landmarks(_ROWS)
    batch = pack_batch([(7, 1_500_000, points), (8, 1_600_000, b"")])
    wholes = {
        Kind.IMAGE: Header(Kind.IMAGE, 7, 1_500_000, rotation=90, mirrored=True).pack(),
        Kind.VIDEO: Header(Kind.VIDEO, 7, 1_500_000, key=True).pack(),
        Kind.LANDMARKS: Header(Kind.LANDMARKS, 7, 1_500_000).pack() + points,
        Kind.BATCH: batch,
    }
    return {_PAYLOADS[kind][0]: _binary(kind, whole) for kind, whole in wholes.items()}


def _binary(kind: Kind, example: bytes) -> Object:
    title, summary, payload = _PAYLOADS[kind]
    return {
        "name": f"binary, kind {kind.value}",
        "title": title,
        "summary": f"{summary}, binary.",
        "description": _LAYOUT + payload,
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
        "examples": [
            {"summary": "How it begins, in hexadecimal.", "payload": example[:40].hex(" ")}
        ],
    }


def _security_schemes() -> Object:
    return {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A key, or a token from POST /v1/tokens.",
        },
        "ticket": {
            "type": "httpApiKey",
            "name": "ticket",
            "in": "query",
            "description": "Single use, from POST /v1/live/tickets; browsers may offer it as the "
            f"subprotocol {TICKET_SUBPROTOCOL}TICKET instead.",
        },
    }


class _Draft7(GenerateJsonSchema):
    """AsyncAPI's schemas are those of draft 7, in which a tuple's items are listed as `items`."""

    def tuple_schema(self, schema: core_schema.TupleSchema) -> Object:
        made = super().tuple_schema(schema)
        if "prefixItems" in made:
            made["items"] = made.pop("prefixItems")
        return made

    def field_is_required(self, field: Any, *args: Any, **options: Any) -> bool:
        """The server says every field; both sides say the one that tells messages apart."""
        choices = field["schema"].get("schema", {}).get("expected", ())
        said = len(choices) == 1 or self.mode == "serialization"
        return said or super().field_is_required(field, *args, **options)


@cache  # whoever asks need not show a key
def _schemas() -> tuple[Mapping[type[Any], Object], Object]:
    """Of each message its payload, and the schemas that payloads refer to."""
    sides: tuple[tuple[Iterable[BaseModel], JsonSchemaMode], ...] = (
        (examples.FROM_CLIENT, "validation"),
        (examples.FROM_SERVER, "serialization"),
    )
    models = [(type(one), mode) for told, mode in sides for one in told]
    payloads, made = models_json_schema(models, ref_template=_REF, schema_generator=_Draft7)
    return {model: payload for (model, _), payload in payloads.items()}, made["$defs"]
