"""Delivery reports and replies, as servers and people really write them, and as nobody should."""

import hashlib
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailee.obligations.mailbox.replies import replied
from bailee.obligations.notices.bounces import Bounced, bounced, named

CONTROLLER, NOTICE = UUID("01a20b7d-0000-7000-8000-000000000001"), UUID("01a20b7d-0000-7000-8000-000000000002")
RECIPIENT = "0123456789abcdef"
ID = f"<n.{CONTROLLER.hex}.{NOTICE.hex}.{RECIPIENT}@bailee.example>"

REPORT = """\
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: no-reply@bailee.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
{envelope}X-Postfix-Queue-ID: 4F0

Final-Recipient: rfc822; privacy@alpages.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <privacy@alpages.example>: no such user

--b
Content-Type: {returned}

Return-Path: <no-reply@bailee.example>
Message-ID: {id}
Subject: A letter

--b--
"""


def report(**more: str) -> bytes:
    given = {"envelope": "", "action": "failed", "status": "5.1.1", "returned": "text/rfc822-headers", "id": ID}
    return REPORT.format(**(given | more)).replace("\n", "\r\n").encode()


OURS = Bounced(CONTROLLER, NOTICE, RECIPIENT, "5.1.1")


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822", "message/global-headers"])
def test_a_report_names_the_notice_by_the_mail_that_it_returns(returned):
    assert bounced(report(returned=returned)) == OURS


def test_a_report_names_the_notice_by_the_envelopes_id():
    envelope = f"Original-Envelope-Id: {ID.strip('<>')}\n"
    assert bounced(report(envelope=envelope, id="<other@x.example>")) == OURS


def test_a_delay_a_delivery_and_a_failure_for_now_are_no_bounces():
    for action, status in (("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.1.9"), ("failed", "4.2.2")):
        assert bounced(report(action=action, status=status)) is None, (action, status)


def test_a_failure_without_a_status_is_one_all_the_same():
    assert bounced(report(status="")) == Bounced(CONTROLLER, NOTICE, RECIPIENT, "5.0.0")


def test_what_is_no_report_or_is_about_another_mail_is_none():
    assert bounced(report(id="<hello@x.example>")) is None
    assert bounced(report(id=f"<n.{CONTROLLER.hex}.{NOTICE.hex}.short@x.example>")) is None
    mail = EmailMessage()
    mail["Subject"], mail["References"] = "Re: A letter", ID
    mail.set_content(f"Action: failed\nStatus: 5.1.1\nMessage-ID: {ID}")
    assert bounced(mail.as_bytes()) is None


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_that_returns_a_large_mail_whole_says_as_much_as_a_small_one(returned):
    whole = report(returned=returned).replace(b"Subject: A letter", b"Subject: A letter\r\n\r\n" + b"x" * 76 * 1000)
    large = whole.replace(b"x" * 76, b"y" * 74 + b"\r\n", 900).replace(b"x" * 7600, b"z\r\n" * 1024 * 1024, 1)
    assert len(large) > 3 * 1024 * 1024
    assert bounced(large) == OURS
    assert bounced(b"x" * (3 * 1024 * 1024) + report()) is None, "what it says stands at the beginning"


def test_a_reply_with_a_large_attachment_is_read_as_far_as_its_words():
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["In-Reply-To"] = "Ada <ada@alpages.example>", "Re: A letter", ID
    mail.set_content("We confirm.")
    mail.add_attachment(b"x" * (3 * 1024 * 1024), maintype="application", subtype="pdf", filename="a.pdf")
    found = replied(mail.as_bytes())
    assert found is not None
    assert (found.words, found.notice) == ("We confirm.", NOTICE)
    assert found.digest == hashlib.sha256(mail.as_bytes()).hexdigest()


def test_a_report_of_many_parts_is_left_alone():
    deep = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 500
    assert bounced(deep) is None
    nested = b""
    for number in range(300):
        nested += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
    assert bounced(nested) is None


@given(st.binary(max_size=400), st.integers(0, 1200), st.integers(0, 400))
def test_nothing_makes_it_fail(noise, start, length):
    whole = report()
    for content in (noise, whole[:start] + noise + whole[start + length :]):
        found = bounced(content)
        assert found is None or isinstance(found, Bounced)
        replied(content)


def reply(words: str, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["In-Reply-To"] = "Ada <ada@alpages.example>", "Re: A letter", ID
    for name, value in headers.items():
        name = name.replace("_", "-")
        del mail[name]
        mail[name] = value
    mail.set_content(words)
    return mail.as_bytes()


def test_a_reply_names_its_notice_and_says_what_stands_above_the_quote():
    words = "We approve.\n\nAda\n\nOn Tuesday, Passerelle wrote:\n> Do you approve?\n"
    found = replied(reply(words))
    assert found is not None
    assert (found.controller, found.notice, found.recipient) == (CONTROLLER, NOTICE, RECIPIENT)
    assert (found.sender, found.words) == ("ada@alpages.example", "We approve.\n\nAda")
    french = replied(reply("Nous refusons.\n\nLe mardi, Passerelle a écrit :\n> Approuvez-vous ?\n"))
    assert french is not None
    assert french.words == "Nous refusons."
    by_references = replied(reply("Yes", In_Reply_To="<other@x.example>", References=f"<a@x.example> {ID}"))
    assert by_references is not None
    assert by_references.notice == NOTICE


def test_automatic_answers_reports_and_other_mail_are_no_replies():
    for headers in (
        {"Auto-Submitted": "auto-replied"}, {"Auto-Submitted": "auto-generated"}, {"Precedence": "bulk"},
        {"Return-Path": "<>"}, {"In-Reply-To": "<other@x.example>"},
    ):  # fmt: skip
        assert replied(reply("I am away", **headers)) is None, headers
    assert replied(report()) is None


def test_a_message_id_of_ours_is_known_among_others():
    assert named(f"<a@x.example> {ID} <b@x.example>") == named(ID)
    assert named(ID.replace("@", ".2@")) is not None, "sent anew by a human"
    assert named("<n.x.y.z@bailee.example>") is None
