"""Understanding a message: who wrote, what it says, what it asks. One form for mails, the form and the API. Pure."""

import msgspec

from bailee.clauses.direct_requests import plain, reading
from bailee.clauses.direct_requests.automatic import Machine
from bailee.clauses.direct_requests.classifying import Classified, classify, is_about_us
from bailee.clauses.direct_requests.events import Received


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says. `known_as` are the names by which the person may be held: addresses, numbers."""

    sender: str
    name: str
    subject: str
    text: str
    company: str
    known_as: tuple[str, ...]
    attachments: int
    written_by: Machine | None
    about_us: bool
    whole: bool
    classified: Classified


def understood(received: Received) -> Understood:
    """What was received, as far as it can be understood."""
    if received.written is not None:
        return _written(received)
    mail = reading.read(received.mail)
    sender = mail.sender or reading.bare(received.mail_from)
    return Understood(
        sender=sender, name=mail.name, subject=mail.subject, text=mail.text, company="",
        known_as=(sender,) if sender else (), attachments=mail.attachments, written_by=mail.written_by,
        about_us=is_about_us(mail.subject, mail.text), whole=mail.whole,
        classified=classify(mail.subject, mail.text),
    )  # fmt: skip


def _written(received: Received) -> Understood:
    written = received.written
    assert written is not None
    text, reply_to = plain.tidy(written.text), reading.bare(written.reply_to)
    known = [one for one in (reply_to, plain.one_line(written.known_as, 200)) if one]
    return Understood(
        sender=reply_to, name=plain.one_line(written.name, 200), subject="", text=text,
        company=plain.one_line(written.company, 200), known_as=tuple(dict.fromkeys(known)), attachments=0,
        written_by=None, about_us=written.about_us, whole=True, classified=classify("", text, asks=written.asks),
    )  # fmt: skip


def corrected(read: Understood, kinds: tuple[str, ...]) -> Understood:
    """What a human made of a classification; the rules' own where it is the same."""
    if kinds == read.classified.kinds:
        return read
    found = Classified(kinds=kinds, scores=read.classified.scores, reasons=(*read.classified.reasons, "human"))
    return msgspec.structs.replace(read, classified=found)
