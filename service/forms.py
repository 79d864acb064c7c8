"""The one file of a multipart form (RFC 7578), taken from the body as it arrives."""

from collections.abc import AsyncGenerator, AsyncIterator

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from service.errors import ServiceError

MAX_HEADERS = 8
MAX_HEADER_BYTES = 4096
MAX_NAME = 255
"""Characters of a file's name; more are cut off."""


async def form_file(
    content_type: str, body: AsyncGenerator[bytes, None]
) -> tuple[str, AsyncIterator[bytes]]:
    """The name and the bytes of the file `file`, which is all that the form may have.

    Reads as far as the file's first bytes; the rest as they are asked for, one chunk in memory at
    a time. Raises ServiceError `invalid_request` for any other form, also while the bytes come:
    only when they have ended is the form known to be whole.
    """
    form = _Form(content_type)
    async for chunk in body:
        form.feed(chunk)
        if form.name is not None:
            return form.name, _bytes(form, body)
    raise _refused("the form ends before its file")


async def _bytes(form: "_Form", body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for data in form.taken():
        yield data
    async for chunk in body:
        form.feed(chunk)
        for data in form.taken():
            yield data
    if not form.ended:
        raise _refused("the form ends before its closing boundary")


class _Form:
    """A parser's callbacks: what they have seen of the one part."""

    def __init__(self, content_type: str) -> None:
        self.name: str | None = None
        self.ended = False
        self._parts = 0
        self._data: list[bytes] = []
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = ""
        self._parser = self._made_for(content_type)

    def _made_for(self, content_type: str) -> MultipartParser:
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise _refused("the content type names no boundary")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_begin": self._header_begins,
                    "on_header_field": self._header_goes_on,
                    "on_header_value": self._value_goes_on,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data_comes,
                    "on_end": self._ends,
                },
                max_header_count=MAX_HEADERS,
                max_header_size=MAX_HEADER_BYTES,
            )
        except FormParserError as error:
            raise _refused(str(error)) from error

    def feed(self, chunk: bytes) -> None:
        """Parse a chunk of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _refused(f"not a multipart form: {error}") from error

    def taken(self) -> list[bytes]:
        """What the file has had since it was last asked."""
        data, self._data = self._data, []
        return data

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise _refused("a form may have nothing but one file here, `file`")

    def _header_begins(self) -> None:
        self._header.clear()
        self._value.clear()

    def _header_goes_on(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _value_goes_on(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        if options.get(b"name") != b"file" or b"filename" not in options:
            raise _refused("the form has no file `file`")
        self.name = shown_name(options[b"filename"].decode("utf-8", "replace"))

    def _data_comes(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def _ends(self) -> None:
        self.ended = True


def shown_name(name: str) -> str:
    """A file's name without what cannot be shown, or kept in a database."""
    return "".join(filter(str.isprintable, name))[:MAX_NAME]


def _refused(detail: str) -> ServiceError:
    return ServiceError("invalid_request", detail, field="file")
