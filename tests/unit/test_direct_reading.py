"""Mails that anyone may write are read without trust: junk, nests, charsets, machines; whatever comes, an answer."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bailee.clauses.direct_requests import plain, reading
from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.limits import REMEMBERED, Buckets, Rate, source_of
from bailee.clauses.direct_requests.tongue import written_in

HEAD = b"From: Jo <jo@elsewhere.example>\r\nSubject: x\r\n"


def html(body: str) -> bytes:
    message = EmailMessage()
    message["From"] = "jo@elsewhere.example"
    message.set_content(body, subtype="html")
    return message.as_bytes()


def test_text_comes_before_html_and_html_loses_its_marks():
    message = EmailMessage()
    message["From"], message["Subject"] = "Jo Ré <Jo@Elsewhere.example>", "Ünïcode ✓"
    message.set_content("the text")
    message.add_alternative("<p>the page</p>", subtype="html")
    read = reading.read(message.as_bytes())
    assert (read.sender, read.name, read.subject, read.text) == (
        "jo@elsewhere.example",
        "Jo Ré",
        "Ünïcode ✓",
        "the text",
    )
    shown = reading.read(html("<style>p{}</style><p>One&nbsp;<b>two</b></p><script>evil()</script><p>three &lt;b&gt;"))
    assert shown.text.split() == ["One", "two", "three", "<b>"]


HTML = [
    ("a<br>b", "a\nb"),
    ("a <!-- hidden --> b", "a  b"),
    ("a <!-- never ends", "a  never ends"),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("<script>x", "x"),
    ("<title>t</title>body", "body"),
    ("<?php x ?>y", "y"),
    ("a<p", "a"),
    ("<img src=x onerror=alert(1)>z", "z"),
    ("&#106;avascript:&Tab;x", "javascript:\tx"),
    ("a\u202eb\u0000c\ud800", "abc"),
]


@pytest.mark.parametrize(("source", "words"), HTML)
def test_html_becomes_words(source, words):
    assert plain.of_html(source) == words


@pytest.mark.parametrize("piece", ["<", "<!--", "<style>", "</", "<a ", "&", "<!", "<p>", "-->", "<script></script"])
def test_html_takes_time_in_proportion_to_its_length(piece):
    def spent(times: int) -> float:
        source, began = piece * times, time.process_time()
        plain.of_html(source)
        return time.process_time() - began

    spent(1000)
    assert spent(60_000) < 40 * spent(6_000) + 0.5


def test_charsets_that_are_none_are_never_asked():
    for charset in ("idna", "punycode", "unicode_escape", "zip", "rot13", "utf-7", "no-such", "'utf-8'", ""):
        assert "caf" in plain.decoded("café".encode(), charset)
    assert plain.decoded("café".encode("latin-1"), "ISO-8859-1") == "café"
    assert plain.decoded(b"\xff\xfe", "utf-8") == "\ufffd\ufffd"


def nested(levels: int) -> bytes:
    inner = b"Content-Type: text/plain\r\n\r\ndelete my data\r\n"
    for level in range(levels):
        mark = f"b{level}".encode()
        inner = b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n%s\r\n--%s--\r\n' % (
            mark,
            mark,
            inner,
            mark,
        )
    return HEAD + inner


def test_a_few_levels_are_read_and_hundreds_are_not_climbed():
    assert reading.read(nested(10)).text == "delete my data"
    deep = reading.read(nested(300))
    assert (deep.whole, deep.sender) == (False, "jo@elsewhere.example")
    assert "delete my data" in deep.text


def test_ten_thousand_parts_are_not_all_looked_at():
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    many = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 10_000 + b"--b--\r\n"
    read = reading.read(many)
    assert not read.whole
    assert read.text.startswith("x")


def test_a_mail_within_a_mail_is_an_attachment_and_its_text_is_not_the_senders():
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "other@elsewhere.example", "inner"
    inner.set_content("delete all my data")
    outer = EmailMessage()
    outer["From"] = "jo@elsewhere.example"
    outer.set_content("see below")
    outer.add_attachment(inner)
    read = reading.read(outer.as_bytes())
    assert (read.sender, read.text, read.attachments) == ("jo@elsewhere.example", "see below", 1)


SENDERS = [
    (b"From: a@b.example, c@d.example", ""),
    (b"From: a@b.example\r\nFrom: c@d.example", ""),
    (b"From: a@b.example\r\nFrom: a@b.example", ""),
    (b'From: "c@d.example" <a@b.example>', "a@b.example"),
    (b"From: =?utf-8?q?c=40d.example?= <a@b.example>", "a@b.example"),
    (b"From: <a@b.example> trailing", "a@b.example"),
    (b"From: a@b", "a@b"),
    (b"From: a b@c.example", ""),
    (b'From: "Jo" <"a b"@c.example>', ""),
    (b"From: undisclosed:;", ""),
    (b"", ""),
    (b"From: \xc3\xa9lodie@caf\xc3\xa9.example", "élodie@café.example"),
    (b"From: a@b.example\x00", ""),
]


@pytest.mark.parametrize(("head", "sender"), SENDERS)
def test_one_sender_or_none(head, sender):
    assert reading.read(head + b"\r\nSubject: x\r\n\r\ntext").sender == sender


@settings(max_examples=250, deadline=None)
@given(st.binary(max_size=3000))
@example(b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n")
@example(b"Content-Type: text/plain; charset*=utf-8'en'%ff\r\nContent-Transfer-Encoding: base64\r\n\r\n====")
@example(b"Subject: =?utf-8?b?" + b"A" * 2000 + b"?=\r\n\r\n")
@example(b"From: " + b"(" * 2000 + b"\r\n\r\n")
@example(b"To: " + b"<" * 2000 + b"\r\nFrom: " + b"[" * 2000 + b"\r\n\r\n")
@example(b"From: =?x?q??= <" + b"@" * 500 + b">\r\n\r\n")
def test_any_bytes_at_all_have_an_answer_that_can_be_stored(content):
    read = reading.read(content)
    read_as_mail = reading.read(b"From: jo@elsewhere.example\r\nMIME-Version: 1.0\r\n" + content)
    for found in (read, read_as_mail):
        for text in (found.sender, found.name, found.subject, found.text):
            assert text.encode().decode() == text
            assert not set(text) & {"\r", "\x00", *plain.TURNING}
        assert "\n" not in found.subject + found.name + found.sender


MIME = st.lists(
    st.sampled_from(
        [
            b"Content-Type: multipart/alternative; boundary=a\r\n", b"Content-Type: multipart/mixed; boundary=\"a\"\r\n",
            b"Content-Type: text/html; charset=utf-16\r\n", b"Content-Type: text/plain; charset=iso-2022-jp\r\n",
            b"Content-Type: message/rfc822\r\n", b"Content-Type: multipart/digest\r\n", b"Content-Type: /\r\n",
            b"Content-Type: message/delivery-status\r\n", b"Content-Type: message/external-body\r\n",
            b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
            b"Content-Transfer-Encoding: x-uuencode\r\n", b"Content-Disposition: attachment; filename*=\r\n",
            b"\r\n", b"--a\r\n", b"--a--\r\n", b"begin 644 x\r\n", b"=FF=3D=\r\n", b"<script>", b"\xff\xfe\x00", b"From: x\r\n",
            b"Subject: =?big5?q?=FF?=\r\n", b"Auto-Submitted: \xff\r\n", b" folded\r\n",
        ]
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(MIME)
def test_any_shuffle_of_mime_has_an_answer(pieces):
    read = reading.read(b"From: jo@elsewhere.example\r\n" + b"".join(pieces))
    assert read.text.encode().decode() == read.text
    assert read.attachments >= 0


async def test_our_own_addresses_and_no_others_are_taken():
    ours = Addresses(frozenset({"privacy@passerelle.example"}))
    assert ours.takes("privacy@passerelle.example")
    assert ours.takes("<Privacy+abc@Passerelle.example>")
    for other in ("privacy@elsewhere.example", "x@passerelle.example", "privacy", "", "a@b@passerelle.example",
                  "victim%elsewhere.example@passerelle.example"):  # fmt: skip
        assert not ours.takes(other)

    async def whose(slug):
        return {"abc": 1, "def": 2}.get(slug)

    assert await ours.named(["privacy+abc@passerelle.example", "privacy@passerelle.example"], whose) == 1
    assert await ours.named(["privacy+abc@passerelle.example", "privacy+def@passerelle.example"], whose) is None
    assert await ours.named(["privacy+abc@elsewhere.example"], whose) is None


def test_one_sources_haste_stops_itself_alone():
    buckets = Buckets(Rate(3, 10.0))
    assert [buckets.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b", 0.0)
    assert not buckets.take("a", 9.9)
    assert buckets.take("a", 20.0)
    for number in range(REMEMBERED + 10):
        assert buckets.take(f"source-{number}", 21.0)


def test_a_source_is_an_address_or_a_network_of_64_bits():
    assert source_of("192.0.2.7") == source_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert source_of("2001:db8:1:2:3::4") == source_of("2001:db8:1:2:ffff::1%eth0") != source_of("2001:db8:1:3::1")
    assert source_of("unix") == "unix"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour, je vous demande une copie de mes données.", "fr"),
        ("Hello, please send me a copy of my data.", "en"),
        ("4711", "en"),
        ("", "en"),
    ],
)
def test_a_message_is_answered_in_the_language_that_it_is_written_in(text, language):
    assert written_in(text) == language
