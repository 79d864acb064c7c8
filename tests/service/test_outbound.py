"""Requests to addresses that somebody else chose."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.addresses import Address
from service.outbound import Bounds, Outbound, Refused, Unreachable, checked_url
from service.signing import new_secret, signed
from tests.service.certificate import certified
from tests.service.receiver import NO_CONTENT, receiving, redirect

pytestmark = pytest.mark.anyio

LOOPBACK = (ip_network("127.0.0.0/8"),)
PUBLIC, PRIVATE, HERE = "93.184.215.14", "10.0.0.5", "127.0.0.1"
QUICK = Bounds(connect_s=0.2, whole_s=0.3)


class Names:
    """A resolver that says the next thing each time it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[Address]:
        self.asked.append(host)
        return [ip_address(one) for one in self._answers.pop(0)]


@asynccontextmanager
async def outbound(*networks: Any, **options: Any) -> AsyncIterator[Outbound]:
    one = Outbound(networks or LOOPBACK, **options)
    try:
        yield one
    finally:
        await one.aclose()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example/", "https"),
        ("ftp://hooks.example/", "https"),
        ("//hooks.example/", "https"),
        ("https://user:password@hooks.example/", "credentials"),
        ("https://user@hooks.example/", "credentials"),
        ("https://hooks.example\\@evil.example/", "credentials"),
        ("https://hooks.example:22/", "port 22"),
        ("https://hooks.example:0/", "port 0"),
        ("https://hooks.example:1023/", "port 1023"),
        ("https://hooks.example:65536/", "port 65536"),
        ("https:///path", "no valid host"),
        ("https://a b/", "no valid host"),
        (f"https://{'a' * 64}.example/", "no valid host"),
        (f"https://{'a.' * 130}example/", "no valid host"),
        ("https://[fe80::1%25eth0]/", "no valid host"),
        ("https://[::1%25é]/", "not a URL"),
        ("https://2130706433/", "four decimal numbers"),
        ("https://0x7f.1/", "four decimal numbers"),
        ("https://0x7f000001/", "four decimal numbers"),
        ("https://127.1/", "four decimal numbers"),
        ("https://127.0.0.1./", "four decimal numbers"),
        ("https://0177.0.0.1/", "not a URL"),
        ("https://hooks.example/\r\n", "not a URL"),
        ("https://hooks.example/\ud800", "not a URL"),
        ("https://hooks.example/" + "a" * 2048, "2048 characters"),
    ],
)
async def test_urls_that_are_refused_before_anything_is_looked_up(url: str, why: str) -> None:
    async with outbound(resolve=(names := Names())) as one:
        networks = () if url.startswith("http:") else LOOPBACK
        with pytest.raises(Refused, match=why):
            checked_url(url, networks)
        if networks:
            with pytest.raises(Refused, match=why):
                await one.post(url, {}, b"")
    assert names.asked == []


@pytest.mark.parametrize("port", ["", ":80", ":443", ":1024", ":65535"])
def test_urls_that_are_taken(port: str) -> None:
    for host in (
        "hooks.example",
        "HOOKS.example",
        "HÖOKS.example",
        "hooks.example.",
        "8.8.8.8",
        "[2606:4700::1]",
    ):
        assert checked_url(f"https://{host}{port}/a?b=c").scheme == "https"


@given(st.text(max_size=60), st.text(max_size=20))
@example("[::1%25é]", "")
def test_any_text_is_taken_or_refused(host: str, path: str) -> None:
    for text in (host, f"https://{host}", f"https://{host}/{path}"):
        with suppress(Refused):
            assert checked_url(text).scheme == "https"


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.5",
        "169.254.169.254",
        "127.0.0.1",
        "0.0.0.0",
        "100.64.0.1",
        "[::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "localhost",
    ],
)
async def test_addresses_that_are_refused(host: str) -> None:
    async with outbound(ip_network("192.168.0.0/16")) as one:
        with pytest.raises(Refused, match="not public"):
            await one.post(f"https://{host}/", {}, b"")


@pytest.mark.parametrize("addresses", [[PUBLIC, PRIVATE], [PRIVATE, PUBLIC], [PUBLIC, "::1"]])
async def test_a_name_with_one_private_address_among_public_ones(addresses: list[str]) -> None:
    async with outbound(resolve=Names(addresses)) as one:
        with pytest.raises(Refused, match="not public") as refused:
            await one.post("https://hooks.example/", {}, b"")
    assert PRIVATE not in str(refused.value)


async def test_a_receiver_gets_what_was_signed() -> None:
    secret, body = new_secret(), b'{"type":"test"}'
    headers = signed([secret], "msg_1", 1_700_000_000, body)
    async with receiving() as receiver, outbound() as one:
        answer = await one.post(f"http://127.0.0.1:{receiver.port}/a?b=c", headers, body)
    (heard,) = receiver.heard
    assert (answer.status, answer.excerpt, answer.retry_after) == (204, "", None)
    assert heard.line == "POST /a?b=c HTTP/1.1"
    assert heard.body == body
    assert headers.items() <= heard.headers.items()
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_a_name_is_looked_up_once_and_its_address_connected_to() -> None:
    names = Names([HERE], [PRIVATE])
    async with receiving() as receiver, outbound(resolve=names) as one:
        await one.post(f"http://hooks.example:{receiver.port}/", {}, b"")
    assert names.asked == ["hooks.example"]
    assert receiver.heard[0].headers["host"] == f"hooks.example:{receiver.port}"


async def test_the_next_address_is_tried_where_the_first_does_not_listen() -> None:
    names = Names(["127.0.0.2", HERE])
    async with receiving() as receiver, outbound(resolve=names) as one:
        answer = await one.post(f"http://hooks.example:{receiver.port}/", {}, b"body")
    assert (answer.status, receiver.heard[0].body) == (204, b"body")


@pytest.mark.parametrize("host", ["[::1]", "hooks.example"])
async def test_ipv6(host: str) -> None:
    names, here = Names(["::1"]), ip_network("::1/128")
    async with receiving(host="::1") as receiver, outbound(here, resolve=names) as one:
        answer = await one.post(f"http://{host}:{receiver.port}/", {}, b"")
    assert (answer.status, receiver.heard[0].headers["host"]) == (204, f"{host}:{receiver.port}")


@pytest.mark.parametrize("where", [PUBLIC, "192.168.0.1"])
async def test_http_is_for_permitted_networks_only(where: str) -> None:
    async with outbound(resolve=Names([HERE, where])) as one:
        with pytest.raises(Refused, match="http://"):
            await one.post("http://hooks.example/", {}, b"")


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_is_followed_with_the_body_and_without_cookies(status: int) -> None:
    async with receiving(redirect("/there", status), NO_CONTENT) as receiver, outbound() as one:
        answer = await one.post(f"http://127.0.0.1:{receiver.port}/", {"webhook-id": "1"}, b"body")
    first, second = receiver.heard
    assert (answer.status, second.line) == (204, "POST /there HTTP/1.1")
    assert (second.body, second.headers) == (b"body", first.headers)


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_would_lose_the_body_is_the_answer(status: int) -> None:
    async with receiving(redirect("/there", status)) as receiver, outbound() as one:
        answer = await one.post(f"http://127.0.0.1:{receiver.port}/", {}, b"")
    assert (answer.status, len(receiver.heard)) == (status, 1)


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("https://10.0.0.5/", "not public"),
        ("//169.254.169.254/latest/meta-data", "http://"),
        ("https://hooks.example/", "not public"),
        ("https://user:password@hooks.example/", "credentials"),
        ("file:///etc/passwd", "https"),
        ("https://0x7f.1/", "four decimal numbers"),
        ("http://0177.0.0.1/", "no URL"),
        ("//[::1%25é]/", "not a URL"),
        ("http:////a]", "no URL"),
        ("/again", "3 redirects"),
    ],
)
async def test_a_redirect_is_checked_as_the_first_url(location: str, why: str) -> None:
    names = Names([PRIVATE])
    async with receiving(redirect(location)) as receiver, outbound(resolve=names) as one:
        with pytest.raises(Refused, match=why):
            await one.post(f"http://127.0.0.1:{receiver.port}/", {}, b"")


async def test_a_redirect_to_the_same_name_looks_it_up_again() -> None:
    names = Names([HERE], [PRIVATE])
    async with receiving(redirect("/there")) as receiver, outbound(resolve=names) as one:
        with pytest.raises(Refused):
            await one.post(f"http://hooks.example:{receiver.port}/", {}, b"")
    assert len(receiver.heard) == 1


async def test_a_huge_answer_is_cut() -> None:
    hung_up = asyncio.Event()

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nretry-after: 7\r\ncontent-length: 99999999999\r\n\r\n")
        try:
            while True:
                writer.write(b"\0" + b"a" * 9999)
                await writer.drain()
        finally:
            hung_up.set()

    async with receiving(endless) as receiver, outbound() as one:
        answer = await one.post(f"http://127.0.0.1:{receiver.port}/", {}, b"")
        await asyncio.wait_for(hung_up.wait(), 5)
    assert (answer.status, answer.retry_after) == (500, "7")
    assert answer.excerpt == "\N{REPLACEMENT CHARACTER}" + "a" * 4095


@pytest.mark.parametrize("secure", [True, False])
async def test_interim_answers_without_end_are_not_listened_to(*, secure: bool) -> None:
    """Each takes time for which nothing else goes on."""

    async def endless(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
            await writer.drain()

    server, client = certified("hooks.example")
    scheme, tls = ("https", server) if secure else ("http", None)
    async with (
        receiving(endless, tls=tls) as receiver,
        outbound(resolve=Names([HERE]), trust=client) as one,
    ):
        with pytest.raises(Unreachable, match="more than 262144 bytes"):
            await one.post(f"{scheme}://hooks.example:{receiver.port}/", {}, b"")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nslow"])
async def test_an_answer_that_is_not_whole_in_time_is_none(said: bytes) -> None:
    over = asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await over.wait()

    async with receiving(slow) as receiver, outbound(bounds=QUICK) as one:
        with pytest.raises(Unreachable, match=r"no whole answer within 0\.3 s"):
            await one.post(f"http://127.0.0.1:{receiver.port}/", {}, b"")
        over.set()


async def test_names_that_are_not_found_in_time_or_at_all() -> None:
    async def slow(host: str) -> Sequence[Address]:
        await asyncio.Event().wait()
        return ()

    for resolve in (slow, Names([])):
        async with outbound(resolve=resolve, bounds=QUICK) as one:
            with pytest.raises(Unreachable, match="address"):
                await one.post("https://hooks.example/", {}, b"")


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n\r\n" + b"a" * 5000])
async def test_what_is_no_http(said: bytes) -> None:
    async with receiving(said) as receiver, outbound() as one:
        with pytest.raises(Unreachable) as caught:
            await one.post(f"http://127.0.0.1:{receiver.port}/", {}, b"")
    assert 0 < len(str(caught.value)) <= 200


async def test_nobody_listens() -> None:
    async with receiving() as receiver:
        pass
    async with outbound() as one:
        with pytest.raises(Unreachable):
            await one.post(f"http://127.0.0.1:{receiver.port}/", {}, b"")


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with receiving() as receiver, outbound() as one:
        assert (await one.post(f"http://127.0.0.1:{receiver.port}/", {}, b"")).status == 204


async def test_the_certificate_is_the_names_though_the_address_is_connected_to() -> None:
    server, client = certified("hooks.example")
    asked: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked.append(name)
    names = Names([HERE], [HERE])
    async with receiving(tls=server) as receiver, outbound(resolve=names, trust=client) as one:
        answer = await one.post(f"https://hooks.example.:{receiver.port}/", {}, b"")
        with pytest.raises(Unreachable, match="certificate"):
            await one.post(f"https://other.example:{receiver.port}/", {}, b"")
    assert answer.status == 204
    assert asked == ["hooks.example", "other.example"]
    assert len(receiver.heard) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    server, _ = certified("hooks.example")
    async with receiving(tls=server) as receiver, outbound(resolve=Names([HERE])) as one:
        with pytest.raises(Unreachable, match="certificate"):
            await one.post(f"https://hooks.example:{receiver.port}/", {}, b"")
    assert receiver.heard == []
    assert server.verify_mode == ssl.CERT_NONE
