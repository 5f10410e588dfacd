"""The one door outwards: what is not a listed host at a public address is not called, however it is written."""

import asyncio
import time

import pytest
from tests.receiving import Authority, receiving, reply

from bailee.infra.destinations import Reason, is_public
from bailee.infra.outbound import Answered, Outbound, Outgoing, Stopped, trust

HOST = "hooks.example"
PUBLIC = "93.184.215.14"


def to(url: str, *hosts: str, **more) -> Outgoing:
    return Outgoing(method="POST", url=url, hosts=frozenset(hosts or {HOST}), body=b"{}", **more)


def answering(*addresses: str):
    """A name service that always says the same, and counts."""

    async def resolve(host: str, port: int) -> list[str]:
        resolve.asked.append((host, port))
        return list(addresses)

    resolve.asked = []
    return resolve


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_called(address):
    for found in ((address,), (PUBLIC, address), (address, PUBLIC)):
        answer = await Outbound(resolve=answering(*found)).send(to(f"https://{HOST}/"))
        assert answer == Stopped(Reason.address_refused)
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2a00:1450:4007:80e::200e"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        ("127.0.0.1", "127.0.0.1"), ("169.254.169.254", "169.254.169.254"), ("[::1]", "[::1]"),
        ("[::ffff:10.0.0.1]", "[::ffff:a00:1]"), ("[::ffff:a9fe:a9fe]", "[::ffff:a9fe:a9fe]"), ("10.0.0.1", "10.0.0.1"),
    ],
)  # fmt: skip
async def test_an_address_that_is_listed_is_not_called_when_it_is_not_public(host, listed):
    assert await Outbound().send(to(f"https://{host}/", listed)) == Stopped(Reason.address_refused)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0", "0x", "1.2.3.4.5",
        "256.0.0.1", "127.0.0.1.", "[::1%25lo]", "[fe80::1%25eth0]", "hooks.example.", "-a.example", "a_b.example",
        "hooks..example", "bücher.example", "a" * 64 + ".example",
    ],
)  # fmt: skip
async def test_what_is_no_plain_host_is_refused_unresolved(host):
    asked = answering("127.0.0.1")
    answer = await Outbound(sandbox=True, resolve=asked).send(to(f"https://{host}/", host, host.strip("[]")))
    assert answer.reason in (Reason.host_malformed, Reason.url_malformed)
    assert asked.asked == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://hooks.example@evil.example/", Reason.userinfo_refused),
        ("https://user:pass@hooks.example/", Reason.userinfo_refused),
        ("https://hooks.example/\r\nX-Injected: 1", Reason.url_malformed),
        ("https://hooks.example/%0d\n", Reason.url_malformed),
        ("https://hooks.example\r\n/", Reason.url_malformed),
        ("https://hooks.example/\x00", Reason.url_malformed),
        ("https://hooks.example/ x", Reason.url_malformed),
        ("https://evil.example\\@hooks.example/", Reason.url_malformed),
        ("https://hooks.example#@evil.example/", Reason.url_malformed),
        ("https://hooks.example:/", Reason.url_malformed),
        ("https://hooks.example:0/", Reason.url_malformed),
        ("https://hooks.example:99999/", Reason.url_malformed),
        ("https:///x", Reason.url_malformed),
        ("https://[::1/", Reason.url_malformed),
        ("http://hooks.example/", Reason.scheme_refused),
        ("ftp://hooks.example/", Reason.scheme_refused),
        ("file:///etc/passwd", Reason.scheme_refused),
        ("gopher://hooks.example/", Reason.scheme_refused),
        ("//hooks.example/", Reason.scheme_refused),
        ("hooks.example", Reason.scheme_refused),
        ("", Reason.url_malformed),
        ("https://hooks.example/" + "a" * 2000, Reason.url_malformed),
        ("https://evil.example/", Reason.host_not_listed),
        ("https://hooks.example:8443/", Reason.host_not_listed),
        ("https://hooks.example.evil.example/", Reason.host_not_listed),
        ("https://sub.hooks.example/", Reason.host_not_listed),
    ],
)
async def test_an_address_that_could_be_read_otherwise_or_is_not_listed_is_refused(url, reason):
    asked = answering(PUBLIC)
    assert await Outbound(resolve=asked).send(to(url)) == Stopped(reason)
    assert asked.asked == []


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\x00", "é"])
async def test_headers_take_no_line_break(value):
    answer = await Outbound(resolve=answering(PUBLIC)).send(to(f"https://{HOST}/", headers={"x-note": value}))
    assert answer == Stopped(Reason.header_malformed)


async def test_a_name_service_that_changes_its_mind_is_asked_once_and_the_checked_address_is_called():
    answers = [["127.0.0.1"], ["127.0.0.99"], ["10.0.0.1"]]
    count = 0

    async def rebinding(_host: str, _port: int) -> list[str]:
        nonlocal count
        count += 1
        return answers[count - 1]

    async with receiving() as receiver:
        url = f"http://rebinding.example:{receiver.port}/in?a=1"
        answer = await Outbound(sandbox=True, resolve=rebinding).send(to(url, f"rebinding.example:{receiver.port}"))
    assert isinstance(answer, Answered)
    assert count == 1
    line, headers, _ = receiver.got[0]
    assert line == "POST /in?a=1 HTTP/1.1"
    assert headers["host"] == f"rebinding.example:{receiver.port}"


async def test_the_sandbox_opens_this_machine_and_nothing_else():
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"):
        answer = await Outbound(sandbox=True, resolve=answering(address)).send(to(f"https://{HOST}/"))
        assert answer == Stopped(Reason.address_refused)
    mixed = Outbound(sandbox=True, resolve=answering("127.0.0.1", "10.0.0.1"))
    assert await mixed.send(to(f"https://{HOST}/")) == Stopped(Reason.address_refused)
    plain = Outbound(sandbox=True, resolve=answering(PUBLIC))
    assert await plain.send(to(f"http://{HOST}/")) == Stopped(Reason.scheme_refused)


async def test_a_redirect_is_an_end_wherever_it_leads():
    async with receiving() as receiver, receiving() as inner:

        async def script(_got, writer):
            writer.write(reply(302, location=f"http://127.0.0.1:{inner.port}/private"))

        receiver.script = script
        here = f"127.0.0.1:{receiver.port}"
        answer = await Outbound(sandbox=True).send(to(f"http://{here}/", here, f"127.0.0.1:{inner.port}"))
    assert answer == Stopped(Reason.redirect_refused, left=True, status=302)
    assert inner.connections == 0


async def test_a_receiver_that_dawdles_costs_no_more_than_the_time_given():
    async with receiving() as receiver:

        async def drips(_got, writer):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)

        receiver.script = drips
        here, began = f"127.0.0.1:{receiver.port}", time.monotonic()
        answer = await Outbound(sandbox=True).send(to(f"http://{here}/", here, seconds=1.5))
    assert answer == Stopped(Reason.timed_out, left=True)
    assert time.monotonic() - began < 25, "all of it would have taken fifty"


async def test_headers_that_drip_and_a_name_service_that_hangs_are_bounded_too():
    async with receiving() as receiver:

        async def drips(_got, writer):
            writer.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(100):
                writer.write(f"x-{number}: y\r\n".encode())
                await writer.drain()
                await asyncio.sleep(0.05)

        receiver.script = drips
        here = f"127.0.0.1:{receiver.port}"
        assert await Outbound(sandbox=True).send(to(f"http://{here}/", here, seconds=1.5)) == Stopped(
            Reason.timed_out, left=True
        )

    async def hangs(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    assert await Outbound(resolve=hangs).send(to(f"https://{HOST}/", seconds=0.2)) == Stopped(Reason.timed_out)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_huge_body_is_left_where_it_is(announced):
    sent = 0

    async with receiving() as receiver:

        async def floods(_got, writer):
            nonlocal sent
            length = b"content-length: 1000000000\r\n" if announced else b""
            writer.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
            for _ in range(2_000):
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536

        receiver.script = floods
        here = f"127.0.0.1:{receiver.port}"
        answer = await Outbound(sandbox=True).send(to(f"http://{here}/", here))
    assert answer == Stopped(Reason.answer_too_large, left=True, status=200)
    assert sent < 32 * 1024 * 1024


async def test_a_packed_answer_is_not_unpacked():
    import gzip

    bomb = gzip.compress(b"0" * 50_000_000, 9)
    async with receiving() as receiver:

        async def script(_got, writer):
            writer.write(reply(200, bomb, content_encoding="gzip"))

        receiver.script = script
        here = f"127.0.0.1:{receiver.port}"
        answer = await Outbound(sandbox=True).send(to(f"http://{here}/", here, answer_bytes=len(bomb)))
    assert isinstance(answer, Answered)
    assert answer.body == bomb
    assert receiver.got[0][1]["accept-encoding"] == "identity"


@pytest.mark.parametrize("junk", [b"SMTP 220 hello\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"])
async def test_what_is_no_http_is_an_answer_too(junk):
    async with receiving() as receiver:

        async def script(_got, writer):
            writer.write(junk)

        receiver.script = script
        here = f"127.0.0.1:{receiver.port}"
        assert await Outbound(sandbox=True).send(to(f"http://{here}/", here)) == Stopped(
            Reason.answer_malformed, left=True
        )


async def test_nobody_there_and_no_such_name():
    async with receiving() as receiver:
        here = f"127.0.0.1:{receiver.port}"
    assert await Outbound(sandbox=True).send(to(f"http://{here}/", here)) == Stopped(Reason.unreachable)

    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    assert await Outbound(resolve=unknown).send(to(f"https://{HOST}/")) == Stopped(Reason.unresolved)
    assert await Outbound(resolve=answering()).send(to(f"https://{HOST}/")) == Stopped(Reason.unresolved)


async def test_the_name_is_proven_by_tls_though_the_address_is_called(folder):
    authority = Authority(folder, HOST)
    async with receiving(authority.server()) as receiver:
        resolve = answering("127.0.0.1")
        good = Outbound(sandbox=True, resolve=resolve, tls=trust(authority.pem))
        answer = await good.send(to(f"https://{HOST}:{receiver.port}/", f"{HOST}:{receiver.port}"))
        assert isinstance(answer, Answered)
        other = await good.send(to(f"https://other.example:{receiver.port}/", f"other.example:{receiver.port}"))
        assert other == Stopped(Reason.certificate_refused)
        stranger = Outbound(sandbox=True, resolve=resolve)
        refused = await stranger.send(to(f"https://{HOST}:{receiver.port}/", f"{HOST}:{receiver.port}"))
        assert refused == Stopped(Reason.certificate_refused)
    assert len(receiver.got) == 1


async def test_no_proxy_of_the_environment_is_used(monkeypatch):
    async with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        here = f"127.0.0.1:{receiver.port}"
        assert isinstance(await Outbound(sandbox=True).send(to(f"http://{here}/", here)), Answered)
    assert proxy.connections == 0


async def test_when_the_first_address_is_dead_the_next_that_was_checked_is_called():
    async with receiving() as receiver:
        url, listed = f"http://two.example:{receiver.port}/", f"two.example:{receiver.port}"
        answer = await Outbound(sandbox=True, resolve=answering("127.0.0.7", "127.0.0.1")).send(to(url, listed))
    assert isinstance(answer, Answered)
