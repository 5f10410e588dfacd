"""Mail, to a real server: TLS where it must be, nothing that becomes a header, and trouble as an answer."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from tests.receiving import Authority

from bailee.infra.clock import SystemClock
from bailee.infra.letters import Mail
from bailee.infra.mail import Accepted, Mailing, Refused, Unreachable
from bailee.infra.outbound import trust
from bailee.infra.paths import paths
from bailee.infra.settings import RefusedSettings, Settings, load

ELSEWHERE = "127.0.0.2"  # this machine under a name that is not one of its own
LETTER = Mail(to="elodie@alpages.example", subject="Votre invitation à Alpages", text="Bonjour,\nvoilà.\n",
              html="<p>Bonjour,<br>voilà.</p>", language="fr")  # fmt: skip


class Keeping:
    """Keeps every mail; answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.answer = "250 taken"
        self.recipient = "250 ok"
        self.secured: list[bool] = []

    async def handle_RCPT(self, _server, _session, envelope, address, options):
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server, session, envelope):
        self.secured.append(session.ssl is not None)
        self.mails.append(envelope)
        return self.answer


@asynccontextmanager
async def serving(
    keeping: Any, host: str = "127.0.0.1", *, at_once: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    made = lambda: SMTP(keeping, hostname="mail.example", loop=loop, **{"enable_SMTPUTF8": True, **options})  # noqa: E731
    server = await loop.create_server(made, host, 0, ssl=at_once)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def mailing(
    folder: Path, url: str, *, tls: ssl.SSLContext | None = None, sandbox: bool = False, **more: str
) -> Mailing:
    environ = {"BAILEE_SMTP_URL": url, "BAILEE_LOG_NAME": "bailee.passerelle.example"}
    environ |= {f"BAILEE_{name.upper()}": value for name, value in more.items()}
    return Mailing(load(folder / "data", environ, sandbox=sandbox), SystemClock(), tls=tls)


def read(content: bytes) -> Any:
    return message_from_bytes(content, policy=SMTPUTF8)


async def test_a_mail_arrives_whole(folder):
    keeping = Keeping()
    async with serving(keeping) as port:
        sent = await mailing(folder, f"smtp://127.0.0.1:{port}").send(LETTER)
    [envelope] = keeping.mails
    assert isinstance(sent, Accepted)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@bailee.passerelle.example", ["elodie@alpages.example"])
    mail = read(envelope.content)
    assert mail["Message-ID"] == sent.message_id
    assert mail["Message-ID"].endswith("@bailee.passerelle.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == LETTER.subject
    assert mail["Content-Language"] == "fr"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail.get_body(("plain",)).get_content().splitlines() == LETTER.text.splitlines()
    assert mail.get_body(("html",)).get_content().strip() == LETTER.html
    assert max(map(len, envelope.content.splitlines())) < 998


async def test_to_another_machine_it_goes_over_starttls_or_not_at_all(folder):
    keeping, authority = Keeping(), Authority(folder, ELSEWHERE)
    async with serving(keeping, ELSEWHERE) as port:
        plain = await mailing(folder, f"smtp://{ELSEWHERE}:{port}", tls=trust(authority.pem)).send(LETTER)
    assert plain == Unreachable("starttls-missing")
    assert keeping.mails == []
    async with serving(keeping, ELSEWHERE, tls_context=authority.server(), require_starttls=True) as port:
        url = f"smtp://{ELSEWHERE}:{port}"
        assert isinstance(await mailing(folder, url, tls=trust(authority.pem)).send(LETTER), Accepted)
        assert await mailing(folder, url).send(LETTER) == Unreachable("certificate-refused")
    assert keeping.secured == [True]


async def test_a_certificate_for_another_name_is_refused(folder):
    keeping, authority = Keeping(), Authority(folder, "mail.other.example")
    async with serving(keeping, ELSEWHERE, tls_context=authority.server()) as port:
        sent = await mailing(folder, f"smtp://{ELSEWHERE}:{port}", tls=trust(authority.pem)).send(LETTER)
    assert sent == Unreachable("certificate-refused")
    assert keeping.mails == []


async def test_smtps_is_tls_from_the_first_byte(folder):
    keeping, authority = Keeping(), Authority(folder, "127.0.0.1")
    async with serving(keeping, at_once=authority.server()) as port:
        url = f"smtps://127.0.0.1:{port}"
        assert isinstance(await mailing(folder, url, tls=trust(authority.pem)).send(LETTER), Accepted)
        assert await mailing(folder, url).send(LETTER) == Unreachable("certificate-refused")
    assert len(keeping.mails) == 1


async def test_it_signs_in_with_what_the_file_holds_and_only_over_tls(folder):
    seen = []

    def known(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"correct horse", handled=False)

    keeping, authority, secret = Keeping(), Authority(folder, ELSEWHERE), folder / "smtp"
    secret.write_text("bailee:correct horse\n")
    secret.chmod(0o600)
    options = {
        "tls_context": authority.server(),
        "require_starttls": True,
        "auth_required": True,
        "authenticator": known,
    }
    async with serving(keeping, ELSEWHERE, **options) as port:
        post = mailing(folder, f"smtp://{ELSEWHERE}:{port}", tls=trust(authority.pem), smtp_credentials=str(secret))
        assert isinstance(await post.send(LETTER), Accepted)
        secret.write_text("bailee:wrong\n")
        assert await post.send(LETTER) == Unreachable("credentials-refused")
        secret.chmod(0o644)
        assert await post.send(LETTER) == Unreachable("credentials-unreadable")
        secret.unlink()
        assert await post.send(LETTER) == Unreachable("credentials-unreadable")
    assert seen[0] == (b"bailee", b"correct horse")


INJECTED = [
    ("to", "a@x.example\r\nBcc: b@y.example", "recipient-malformed"),
    ("to", "a@x.example\nBcc: b@y.example", "recipient-malformed"),
    ("to", "a@x.example, b@y.example", "recipient-malformed"),
    ("to", "A <a@x.example>", "recipient-malformed"),
    ("to", "a@x.example> SIZE=1\r\nDATA", "recipient-malformed"),
    ("to", "a@x.example\x00", "recipient-malformed"),
    ("to", "a@[127.0.0.1]", "recipient-malformed"),
    ("to", "a\u202eb@x.example", "recipient-malformed"),
    ("to", "", "recipient-malformed"),
    ("subject", "Hello\r\nBcc: b@y.example", "subject-malformed"),
    ("subject", "Hello\n\n<script>", "subject-malformed"),
    ("subject", "Hello\rX: y", "subject-malformed"),
    ("subject", "Hello\u2028Bcc: b@y.example", "subject-malformed"),
    ("subject", "Hello\x85Bcc: b@y.example", "subject-malformed"),
    ("subject", "exe\u202efdp", "subject-malformed"),
    ("subject", "a" * 301, "subject-malformed"),
    ("subject", " ", "subject-malformed"),
    ("language", "fr\r\nX: y", "language-malformed"),
    ("text", "null \x00 byte", "text-malformed"),
]


@pytest.mark.parametrize(("part", "value", "code"), INJECTED)
async def test_nothing_given_becomes_a_header_or_a_command(folder, part, value, code):
    keeping = Keeping()
    async with serving(keeping) as port:
        sent = await mailing(folder, f"smtp://127.0.0.1:{port}").send(msgspec.structs.replace(LETTER, **{part: value}))
    assert sent == Refused(code)
    assert keeping.mails == []


async def test_a_text_that_looks_like_the_end_of_a_mail_stays_text(folder):
    keeping = Keeping()
    text = "first\r\n.\r\nMAIL FROM:<x@y.example>\r\n\r\nBcc: b@y.example\r\nFrom me\n"
    async with serving(keeping) as port:
        letter = msgspec.structs.replace(LETTER, text=text, html="")
        assert isinstance(await mailing(folder, f"smtp://127.0.0.1:{port}").send(letter), Accepted)
    [envelope] = keeping.mails
    mail = read(envelope.content)
    assert mail.get_content().splitlines() == text.splitlines()
    assert "Bcc" not in mail
    assert envelope.rcpt_tos == [LETTER.to]


async def test_international_addresses_travel_where_the_server_takes_them(folder):
    keeping = Keeping()
    domain = msgspec.structs.replace(LETTER, to="info@bücher.example")
    local = msgspec.structs.replace(LETTER, to="élodie@bücher.example")
    async with serving(keeping) as port:
        post = mailing(folder, f"smtp://127.0.0.1:{port}")
        assert isinstance(await post.send(domain), Accepted)
        assert isinstance(await post.send(local), Accepted)
    assert [one.rcpt_tos for one in keeping.mails] == [
        ["info@xn--bcher-kva.example"],
        ["élodie@xn--bcher-kva.example"],
    ]
    async with serving(keeping, enable_SMTPUTF8=False) as port:
        post = mailing(folder, f"smtp://127.0.0.1:{port}")
        assert isinstance(await post.send(domain), Accepted)
        assert await post.send(local) == Refused("international-address")


@pytest.mark.parametrize(
    ("recipient", "answer", "expected"),
    [
        ("550 no such user", "250 ok", Refused("550")),
        ("450 later", "250 ok", Unreachable("450")),
        ("250 ok", "554 not this", Refused("554")),
        ("250 ok", "451 not now", Unreachable("451")),
    ],
)
async def test_what_a_server_says_for_ever_is_told_from_what_it_says_for_now(folder, recipient, answer, expected):
    keeping = Keeping()
    keeping.recipient, keeping.answer = recipient, answer
    async with serving(keeping) as port:
        assert await mailing(folder, f"smtp://127.0.0.1:{port}").send(LETTER) == expected


async def test_nobody_there_somebody_else_there_and_somebody_silent(folder, monkeypatch):
    keeping = Keeping()
    async with serving(keeping) as port:
        pass
    assert await mailing(folder, f"smtp://127.0.0.1:{port}").send(LETTER) == Unreachable("away")

    async def babble(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert isinstance(await mailing(folder, f"smtp://127.0.0.1:{port}").send(LETTER), Unreachable)
    monkeypatch.setattr("bailee.infra.mail.SECONDS", 0.3)
    held = []
    server = await asyncio.start_server(lambda _r, w: held.append(w), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert isinstance(await mailing(folder, f"smtp://127.0.0.1:{port}").send(LETTER), Unreachable)
        for writer in held:
            writer.close()


async def test_without_a_server_a_sandbox_keeps_mail_in_a_listed_folder_and_nobody_else_does(folder):
    sandbox = load(folder / "data", {}, sandbox=True)
    sent = await Mailing(sandbox, SystemClock()).send(LETTER)
    assert isinstance(sent, Accepted)
    [file] = sandbox.outbox.glob("platform/*/*")
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert sandbox.outbox.stat().st_mode & 0o777 == 0o700
    assert read(file.read_bytes())["Message-ID"] == sent.message_id
    assert str(sandbox.outbox) in {sink.path for sink in paths(sandbox) if sink.personal}
    controller = uuid4()
    await Mailing(sandbox, SystemClock()).send(msgspec.structs.replace(LETTER, controller=controller))
    assert len(list(sandbox.outbox.glob(f"{controller}/*/*.eml"))) == 1
    real = load(folder / "real", {})
    assert await Mailing(real, SystemClock()).send(LETTER) == Unreachable("no-server")
    assert not real.outbox.exists()


async def test_a_sender_that_is_none_is_refused(folder):
    for sender in ("A B <a@x.example>", "a@x.example\r\nBcc: b@y.example", "a@b@c", "a b@x.example"):
        post = Mailing(load(folder / "data", {"BAILEE_MAIL_FROM": sender}, sandbox=True), SystemClock())
        assert await post.send(LETTER) == Refused("sender-malformed")


@pytest.mark.parametrize(
    "environ",
    [
        {"BAILEE_SMTP_URL": "smtp://user:secret@mail.example"},
        {"BAILEE_SMTP_URL": "http://mail.example"},
        {"BAILEE_SMTP_URL": "smtp://"},
        {"BAILEE_SMTP_URL": "smtp://mail.example:x"},
        {"BAILEE_SMTP_URL": "smtp://mail.example/path"},
        {"BAILEE_SMTP_COUNTRY": "US"},
        {"BAILEE_MAIL_FROM": "nobody"},
    ],
)
def test_settings_that_hold_a_secret_or_lead_outside_are_refused(folder, environ):
    with pytest.raises(RefusedSettings) as refused:
        load(folder / "data", environ)
    assert "secret@" not in str(refused.value)


def test_a_mail_server_is_a_listed_sink(folder):
    settings: Settings = load(folder / "data", {"BAILEE_SMTP_URL": "smtp://mail.example"})
    assert "mail server" in {sink.name for sink in paths(settings)}
