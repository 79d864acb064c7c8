"""Sends requests to addresses that somebody else chose, and reaches nothing private by it.

What is refused and why is told in docs/webhooks.md. The names and addresses behind a refusal are
not told: whoever chose the URL could map the network by them.
"""

import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import anyio
import httpx2

from service.addresses import Address, Network, is_reachable
from service.bounded_network import BoundedNetwork
from service.resolver import Resolver

MAX_URL_CHARS: Final = 2048
MAX_REDIRECTS: Final = 3
_REPEATED: Final = (307, 308)
"""The redirects that keep method and body (RFC 9110, section 15.4); others are answers."""
_LOW_PORTS: Final = (80, 443)
_FIRST_FREE_PORT: Final = 1024
_LAST_PORT: Final = 65535
_MAX_HOST_CHARS: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_TOLD_CHARS: Final = 200
_OURS: Final = {"user-agent": "blazereps", "accept-encoding": "identity"}

Resolve = Callable[[str], Awaitable[Sequence[Address]]]
"""The addresses of a host's name; raises OSError."""


class Refused(Exception):
    """The URL, or where it leads, is not one that is sent to."""


class Unreachable(Exception):
    """There was no answer, or no whole one in time."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a request may take, and how much of its answer is read."""

    connect_s: float = 5.0
    """To find the addresses of the name, and to connect to each."""
    whole_s: float = 15.0
    """From the first step to the last byte, redirects included; 15 to 30 s are usual."""
    max_answer_bytes: int = 4096
    max_read_bytes: int = 256 * 1024
    """Of a connection: also its head, and what is thrown away."""


BOUNDS: Final = Bounds()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    seconds: float
    """How long it took, redirects included."""
    excerpt: str
    """The beginning of the body, as text."""
    retry_after: str | None
    """The header `Retry-After`; see `blazereps_client.backoff.retry_after_s`."""


def checked_url(text: str, networks: Sequence[Network] = ()) -> httpx2.URL:
    """A URL that may be sent to, as far as can be told without its addresses; raises Refused.

    https on port 443, 80 or from 1024 on: those below are of other services, such as mail, that a
    request could be smuggled to. http too where there are `networks`, and to these only.
    """
    if len(text) > MAX_URL_CHARS:
        raise Refused(f"the URL has more than {MAX_URL_CHARS} characters")
    try:
        url = httpx2.URL(text)
        host = url.raw_host.decode("ascii")
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refused(f"not a URL: {error}") from error
    if url.scheme != "https" and not (url.scheme == "http" and networks):
        raise Refused("the URL must begin with https://")
    if url.userinfo:
        raise Refused("the URL must not carry credentials")
    if not (url.port in (None, *_LOW_PORTS) or _FIRST_FREE_PORT <= url.port <= _LAST_PORT):
        raise Refused(f"port {url.port} is not one that is sent to: 80, 443 or 1024 to 65535")
    _check_host(host)
    return url


def _check_host(host: str) -> None:
    """Refuse what is neither a name nor an address in its one usual spelling.

    As in the URL standard of WHATWG a host whose last label is a number is an IPv4 address;
    resolvers read `0x7f.1` and `2130706433` as one.
    """
    if _literal(host) is not None:
        return
    labels = host.removesuffix(".").split(".")
    if len(host) > _MAX_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused("the URL has no valid host")
    if _NUMBER.fullmatch(labels[-1]):
        raise Refused("an IPv4 address must be written as four decimal numbers")


def _literal(host: str) -> Address | None:
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


class Outbound:
    """Posts to URLs of others; one for many requests, to be closed.

    `networks`: what may be reached besides the internet. It is a transport and no client: nothing
    takes proxies or passwords from the environment, keeps cookies, or unpacks an answer.
    """

    def __init__(
        self,
        networks: Sequence[Network] = (),
        *,
        bounds: Bounds = BOUNDS,
        resolve: Resolve | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._networks, self._bounds = tuple(networks), bounds
        self._resolve = resolve or Resolver()
        # No connection is kept: it would be found again by its address, whatever the name was
        # that its certificate was checked for.
        self._transport = httpx2.AsyncHTTPTransport(
            verify=trust or httpx2.create_ssl_context(),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )
        # httpx hands none on.
        self._transport._pool._network_backend = BoundedNetwork(bounds.max_read_bytes)

    async def aclose(self) -> None:
        """Nothing more will be sent."""
        await self._transport.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a body and read the answer, whatever its status; raises Refused or Unreachable."""
        try:
            with anyio.fail_after(self._bounds.whole_s):
                return await self._follow(url, headers, body)
        except TimeoutError as error:
            raise Unreachable(f"no whole answer within {self._bounds.whole_s:g} s") from error
        except httpx2.TransportError as error:
            why = str(error) or type(error).__name__
            raise Unreachable(why[:_MAX_TOLD_CHARS]) from error

    async def _follow(self, text: str, headers: Mapping[str, str], body: bytes) -> Answer:
        began_s = anyio.current_time()
        for _ in range(1 + MAX_REDIRECTS):
            url = checked_url(text, self._networks)
            request = httpx2.Request("POST", url, headers=_OURS | dict(headers), content=body)
            async with self._sent(request) as response:
                location = response.headers.get("location")
                if response.status_code not in _REPEATED or location is None:
                    excerpt = await _excerpt(response, self._bounds.max_answer_bytes)
                    seconds = anyio.current_time() - began_s
                    wait = response.headers.get("retry-after")
                    return Answer(response.status_code, seconds, excerpt, wait)
            text = _joined(url, location)
        raise Refused(f"more than {MAX_REDIRECTS} redirects")

    @asynccontextmanager
    async def _sent(self, request: httpx2.Request) -> AsyncIterator[httpx2.Response]:
        response = await self._connected(request, await self._addresses(request.url))
        try:
            yield response
        finally:
            await response.aclose()

    async def _connected(
        self, request: httpx2.Request, addresses: Sequence[Address]
    ) -> httpx2.Response:
        """The answer of the first address that a connection can be made to."""
        *others, last = addresses
        for address in others:
            try:
                return await self._transport.handle_async_request(self._pinned(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._transport.handle_async_request(self._pinned(request, last))

    def _pinned(self, request: httpx2.Request, address: Address) -> httpx2.Request:
        """The request to exactly this address; Host and the certificate are those of the name."""
        timeout = httpx2.Timeout(self._bounds.whole_s, connect=self._bounds.connect_s)
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions={
                "timeout": timeout.as_dict(),
                "sni_hostname": request.url.raw_host.decode("ascii").removesuffix("."),
            },
        )

    async def _addresses(self, url: httpx2.URL) -> Sequence[Address]:
        """The addresses of a URL, found once, each of which may be reached."""
        host = url.raw_host.decode("ascii")
        literal = _literal(host)
        addresses = await self._resolved(host) if literal is None else (literal,)
        if url.scheme == "http":
            if not all(any(one in network for network in self._networks) for one in addresses):
                raise Refused(f"{host} is not in a network that http:// may be used in")
        elif not all(is_reachable(one, self._networks) for one in addresses):
            raise Refused(f"{host} is, or has among its addresses, one that is not public")
        return addresses

    async def _resolved(self, host: str) -> Sequence[Address]:
        try:
            with anyio.fail_after(self._bounds.connect_s):
                found = await self._resolve(host)
        except OSError as error:  # of which TimeoutError is one
            raise Unreachable(f"no address of {host} was found") from error
        if not found:
            raise Unreachable(f"{host} has no address")
        return found


def _joined(url: httpx2.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refused(f"redirected to what is no URL: {error}") from error


async def _excerpt(response: httpx2.Response, most: int) -> str:
    """The first bytes of a body as text without NUL, which PostgreSQL cannot keep."""
    read = bytearray()
    async with aclosing(response.aiter_raw()) as chunks:
        async for chunk in chunks:
            read += chunk
            if len(read) >= most:
                break
    return read[:most].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
