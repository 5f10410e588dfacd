"""Every letter is there in both languages and both forms, and nothing that a value holds breaks out of it."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from bailee.clauses.data_subject_requests.events import Right
from bailee.infra.letters import Attachment, Mail, MalformedMail, build
from bailee.obligations.notices import letters as notices
from bailee.obligations.notices.letters import BrokenLetter, Letters, formal
from bailee.promised.correspondence import LETTERS
from bailee.vocabulary.languages import LANGUAGES

NOTICES = Path(notices.__file__).with_name("templates")
LINK = "https://bailee.example/act/x"
ASKS = {"company": "Alpages SA", "place": "4 place du Marché", "officer": "Ada", "email": "dpo@alpages.example"}
OF_PERSON = {
    "name": "Élodie",
    "received": "1 July",
    "what": "access",
    "article": "Art. 15",
    "request": "r-1",
    **ASKS,
}
ORDER = {
    "order": "0198", "law": "a law", "country": "FR", "agreement": "a treaty", "authority": "a court", "reference": "26/1",
    "transfers": "", "place": "FR", "recipient": "a clerk", "persons": "2", "since": "1 July", "until": "2 July",
    "operations_en": "consult", "operations_fr": "consult", "categories_en": "names", "categories_fr": "names",
    "groups_en": "users", "groups_fr": "users", "console": LINK,
}  # fmt: skip
PASSED_ON = {
    "processor": "Passerelle", "controller": "Alpages", "received_at": "1 July", "channel": "mail", "name": "Élodie",
    "sender": "e@x.example", "known_as": ["k@x.example"], "subject_line": "My data", "rights": ["A15"], "acknowledged": "1",
    "text": "Delete it.", "cut": "1", "attachments": "2", "attached": "1", "request": "r-1",
    "console": LINK,
}  # fmt: skip
BREACH = {
    "reference": "c-1", "what": "A key was copied.", "aware": "1 July", "began": "30 June", "ended": "1 July", "persons": "3",
    "records": "4", "source": "computed", "consequences": "Letters.", "measures": "Turned.", "unknown": ["records"],
    "new": ["persons"], "news": "Three of them.", "officer": "Ada", "email": "dpo@x.example", "number": "2", "closing": "",
    "natures_en": "integrity", "natures_fr": "integrity", "categories_en": "names", "categories_fr": "names",
    "groups_en": "users", "groups_fr": "users", "console": LINK,
}  # fmt: skip
OF_BREACH = {
    "what": "A key was copied.", "began": "30 June", "categories": "names", "consequences": "", "measures": "Turned.",
    "natures": ["confidentiality", "integrity", "availability"], "processor": "Passerelle",
}  # fmt: skip
# What each letter is written with; a letter that is not here is a defect.
AUDIT = {
    "first": "11 January", "last": "12 January", "standing": "too-early", "earliest": "14 January", "surely": "18 January",
    "link": LINK,
}  # fmt: skip
SAMPLES = {
    "breach_notice/first": BREACH,
    "breach_notice/further": BREACH,
    "breach_notice/closing": BREACH | {"closing": "yes", "source": ""},
    "breach_notice/person": OF_BREACH,
    "audits/asked": AUDIT,
    "audits/answered": AUDIT | {"what": "announce", "arrangements": "Room 4, with Ann."},
    "audits/refused": {
        "auditor": "B. Auditor",
        "ground": "competitor",
        "reason": "Sells the same.",
        "name": "Ann",
        "link": LINK,
    },
    "audits/costs": {"amount": "EUR 1,234.50", "bears": "controller", "link": LINK},
    "audits/heard": AUDIT | {"what": "asked"},
    "contact_data/verify": {"address": "a@x.example", "slots": ["breaches", "holds"], "link": LINK, "until": "1 July"},
    "contact_data/asked": {"slots": ["breaches"], "day": "1 July", "link": LINK, "until": "8 July"},
    "contact_data/known": {"lines": ["breaches: a@x.example"], "link": LINK, "until": "2 July"},
    "contact_data/changed": {"slots": ["breaches"], "day": "1 July"},
    "contact_data/officer": {"whose": "our officer", "name": "Élodie", "email": "dpo@x.example", "day": "1 July"},
    "processing_register/given": {"day": "2026-07-01", "number": "3", "digest": "ab12", "link": LINK},
    "data_subject_requests/answered": OF_PERSON | {"outcome": "granted", "words": "Here it is."},
    "data_subject_requests/extended": OF_PERSON | {"words": "Many files.", "due": "1 October"},
    "data_subject_requests/identity": OF_PERSON | {"words": "Come by.", "due": "1 August"},
    "data_subject_requests/lifting": OF_PERSON | {"words": "It was checked."},
    "data_subject_requests/refused": OF_PERSON | {"words": "A law says so."},
    "data_subject_requests/stopped": {
        "what": "access",
        "article": "Art. 15",
        "request": "r-1",
        "why": "The console says why.",
        "due": "1 July",
        "link": LINK,
        "until": "2 July",
    },
    "data_subject_requests/who": {
        "what": "access",
        "article": "Art. 15",
        "request": "r-1",
        "known": "",
        "due": "1 July",
        "link": LINK,
        "until": "2 July",
    },
    "data_subject_requests/ready": {
        "what": "access",
        "article": "Art. 15",
        "request": "r-1",
        "fetched": "",
        "due": "1 July",
        "link": LINK,
        "until": "2 July",
    },
    "data_subject_requests/recipient": {
        "recipient": "Printer Ltd",
        "done": "erased",
        "article": "Art. 17",
        "person": "p-1",
        "records": ["c-1"],
        **ASKS,
        "request": "r-1",
    },
    "instructions/challenged": {
        "instruction": "year-end",
        "said_en": "Our staff may",
        "said_fr": "Our staff may",
        "reason": "no ground",
        "link": LINK,
        "until": "1 July",
        "suspends": "",
    },
    "instructions/given": {
        "instruction": "year-end",
        "signed_by": "E. Marchand",
        "said_en": "Our staff may",
        "said_fr": "Our staff may",
        "link": LINK,
        "until": "1 July",
    },
    "security_measures/replaced": {
        "measure": "Mail leaves by TLS",
        "instead": "A tunnel",
        "judged": "better",
        "name": "Ada",
        "reason": "One hop less",
        "day": "1 July",
    },
    "direct_requests/acknowledgement": {"processor": "Passerelle", "controller": "Alpages", "received_at": "1 July"},
    "direct_requests/request": PASSED_ON | {"link": LINK, "until": "1 July"},
    "direct_requests/stepped": {
        "request": "r-1",
        "step": "take-on",
        "about": "complaint",
        "each": ["erasure"],
        "asks": {"all": {"link": LINK, "until": "1 July"}, "erasure": {"link": LINK, "until": "1 July"}},
    },
    "direct_requests/complaint": PASSED_ON | {"due_at": "4 July", "link": LINK, "until": "1 July"},
    "instructions/compelled": ORDER,
    "instructions/disclosed": ORDER | {"ban": "another law", "why": "an inquiry"},
    "sub_processors/proposed": {
        "change": "add",
        "path": "outside",
        "name": "Cloud Inc.",
        "address": "1 Main Street",
        "country": "US",
        "remote": "IN",
        "contact": "privacy@cloud.example",
        "role": "sends mail",
        "categories_en": "names",
        "categories_fr": "names",
        "safeguards": "encryption at rest",
        "mechanism": "module 3 of 3 May",
        "begins": "2026-07-01",
        "reason": "growth",
        "why_en": ["It stands outside: US"],
        "why_fr": ["It stands outside: US"],
        "may_object": "yes",
        "period_en": "7 days",
        "period_fr": "7 days",
        "effect": "exclude",
        "console": "https://x.example/sub-processors/1",
        "link": LINK,
        "until": "1 August",
    },
    "notices/failed": {
        "notice": "n",
        "about": "rights.forward",
        "reason": "550",
        "link": LINK,
        "matter_en": "Forward",
        "matter_fr": "Forward",
        "why_en": "the mail server said 550",
        "why_fr": "the mail server said 550",
    },
    "notices/reminder": {
        "late_en": [{"id": "a", "said": "A, 1 July"}],
        "late_fr": [{"id": "a", "said": "A, 1 July"}],
        "soon_en": [{"id": "b", "said": "B, 2 July"}],
        "soon_fr": [{"id": "b", "said": "B, 2 July"}],
        "asks": {"b": {"link": LINK, "until": "1 August"}},
        "altered": ["a"],
        "many": "1",
        "others": "3",
        "link": LINK,
    },
    "mailbox/code": {"code": "12345678", "heading": "Confirm"},
}
SAYS_LESS = {
    *(f"audits/{one}" for one in ("asked", "answered", "refused", "costs", "heard")),  # codes have words of their own
    "data_subject_requests/lifting",  # it names neither what was asked nor the article
    "direct_requests/request", "direct_requests/complaint",  # they have words of their own for channels and rights
    "direct_requests/stepped",  # and for steps
    "breach_notice/first", "breach_notice/further", "breach_notice/closing",  # for what is known, and for what is new
    "breach_notice/person",  # and for natures
    "sub_processors/proposed",  # and for paths and effects
}  # fmt: skip
OURS = {
    "channel",
    "rights",
    "step",
    "about",
    "asks",
    "each",
    "altered",
    "unknown",
    "new",
    "natures",
    "source",
    "change",
    "path",
    "effect",
}  # codes of our own, which nobody outside writes
HOSTILE = (
    "x\r\nBcc: b@y.example\r\n\r\n<script>alert(1)</script><a href='https://evil.example'>\x00\u202egnp.exe\u2066{{ 7*7 }}"
    "{% set subject %}owned{% endset %}\u2028--=_0\u0085\x1b[2J\udc80"
)
WRITTEN_AT = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters(LETTERS)


def test_every_letter_is_there_in_both_languages_and_both_forms(letters):
    assert letters.names() == sorted(SAMPLES)
    for name in SAMPLES:
        room, _, letter = name.partition("/")
        for language in LANGUAGES:
            for form in ("txt", "html"):
                assert (LETTERS[room] / f"{letter}.{language}.{form}").is_file(), (name, language, form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_has_a_name_for_the_page_that_lists_notices(language):
    words = yaml.safe_load((NOTICES / f"words.{language}.yaml").read_text("utf-8"))
    assert [name for name in SAMPLES if f"letter-{name}" not in words] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_letter_is_whole_in_a_language_and_says_its_values(letters, name, language):
    written = letters.write(name, language, SAMPLES[name])
    assert 5 < len(written.subject) <= 300
    assert "{{" not in written.text + written.html
    assert f'lang="{language}"' in written.html
    said = [one for one in spread(SAMPLES[name]) if one != SAMPLES[name].get("outcome")]
    assert [one for one in said if one not in written.text + written.subject and name not in SAYS_LESS] == []
    assert [one for one in said if one not in written.html + written.subject and name not in SAYS_LESS] == []
    pdf = formal(written, sender="Passerelle SAS", language=language, at=WRITTEN_AT, reference="notice/1")
    assert pdf.startswith(b"%PDF-")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_nothing_a_value_holds_breaks_out(letters, name, language):
    good = letters.write(name, language, SAMPLES[name])
    hostile = {key: value if key in OURS else spoilt(value) for key, value in SAMPLES[name].items()}
    bad = letters.write(name, language, hostile)
    assert lines(bad.text) == lines(good.text), "a value stays on its line, or under its mark"
    assert "\n" not in bad.subject
    assert elements(bad.html) == elements(good.html)
    said = bad.subject + bad.text + bad.html
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", said)
    assert "49" not in bad.text
    assert bad.subject != "owned"
    built = build(
        Mail(to="a@x.example", subject=bad.subject, text=bad.text, html=bad.html), sender="no-reply@x.example",
        host="x.example", at=WRITTEN_AT,
    )  # fmt: skip
    head = built.content.partition(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in head
    formal(bad, sender=HOSTILE, language=language, at=WRITTEN_AT, reference="notice/1")


def spread(value) -> list[str]:
    """Every text in a value."""
    if isinstance(value, str):
        return [value]
    return [text for one in (value.values() if isinstance(value, dict) else value) for text in spread(one)]


def spoilt(value):
    """A value of the same shape with the worst in it."""
    if isinstance(value, dict):
        return {key: one if key == "id" else spoilt(one) for key, one in value.items()}
    if isinstance(value, list) and isinstance(value[0], dict):
        return [spoilt(one) for one in value]
    return [HOSTILE + "k"] if isinstance(value, list) else HOSTILE  # one in a list is another than one alone


def lines(text: str) -> int:
    """How many lines are the letter's own."""
    return len([line for line in text.splitlines() if not line.startswith(">")])


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)


def elements(html: str) -> list[str]:
    parser = Elements()
    parser.feed(html)
    return parser.found


def test_what_is_quoted_stands_under_a_mark_of_its_own(tmp_path):
    for language in LANGUAGES:
        (tmp_path / f"said.{language}.txt").write_text("{% set subject %}S{% endset %}\n{{ words | quoted }}\nend")
        (tmp_path / f"said.{language}.html").write_text("{{ words | quoted }}")
    written = Letters({"room": tmp_path}).write("room/said", "en", {"words": "one\r\n<b>two</b>\n\nthree"})
    assert written.text.splitlines() == ["> one", "> <b>two</b>", ">", "> three", "end"]
    assert elements(written.html) == ["blockquote"]


def test_a_letter_that_is_not_there_or_wants_another_value_is_broken(letters):
    for name, values in (("contact_data/nothing", {}), ("nowhere/x", {}), ("contact_data/asked", {"day": "1 July"})):
        with pytest.raises(BrokenLetter):
            letters.write(name, "en", values)
    with pytest.raises(BrokenLetter):
        letters.write("contact_data/asked", "de", SAMPLES["contact_data/asked"])


def test_a_formal_letter_is_set_whatever_script_a_name_is_written_in(letters):
    for name in ("Ὅμηρος", "Σωκράτης", "Łukasz Żółć", "王小明", "محمد", "🦔", "e\u0301\u0323", "\ufdd0"):
        written = letters.write("contact_data/officer", "en", SAMPLES["contact_data/officer"] | {"name": name})
        assert formal(written, sender=name, language="en", at=WRITTEN_AT, reference="r").startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("held", "language", "said"),
    [
        ("2026-07-01", "fr", "Le 1er juillet 2026, vous"),
        ("2026-07-01", "en", "On 1 July 2026 you"),
        ("2026-11-25 10:00:07 UTC", "fr", "Le 25 novembre 2026, 10:00 UTC, vous"),
        ("2026-11-25 10:00 UTC", "en", "On 25 November 2026, 10:00 UTC you"),
        ("last week", "en", "On last week you"),
    ],
)
def test_a_letter_says_days_as_its_language_does(letters, held, language, said):
    values = SAMPLES["data_subject_requests/refused"] | {"received": held}
    written = letters.write("data_subject_requests/refused", language, values)
    assert said in written.text
    assert said in written.html


def test_an_article_within_a_french_sentence_is_written_small():
    assert (Right.erasure.cited("fr"), Right.erasure.cited("en")) == ("art. 17", "Art. 17")


@pytest.mark.parametrize(("many", "said"), [(1, "une pièce jointe."), (2, "2 pièces jointes.")])
def test_one_attachment_is_one(letters, many, said):
    assert said in letters.write("direct_requests/request", "fr", PASSED_ON | {"attachments": many}).text


def test_the_same_letter_is_the_same_mail_byte_for_byte():
    file = Attachment("letter.pdf", "application/pdf", b"%PDF-" + b"x" * 500)
    mail = Mail(
        to="a@x.example", subject="S", text="é=_\n", html="<p>é</p>", attachments=(file,), id="n.1.2", dated=WRITTEN_AT
    )
    first, second = (
        build(mail, sender="no-reply@x.example", host="x.example", at=at)
        for at in (WRITTEN_AT, datetime(2027, 1, 1, tzinfo=UTC))
    )
    assert (first.content, first.digest) == (second.content, second.digest)
    assert first.id == "<n.1.2@x.example>"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"id": "n\r\nBcc: x"}, "id-malformed"),
        ({"id": "n@x"}, "id-malformed"),
        ({"attachments": (Attachment("a\r\nX: y", "application/pdf", b""),)}, "attachment-malformed"),
        ({"attachments": (Attachment('a".exe', "application/pdf", b""),)}, "attachment-malformed"),
        ({"attachments": (Attachment("../a", "application/pdf", b""),)}, "attachment-malformed"),
        ({"attachments": (Attachment("a\u202efdp.exe", "application/pdf", b""),)}, "attachment-malformed"),
        ({"attachments": (Attachment("a", "application/pdf; name=b", b""),)}, "attachment-malformed"),
        ({"attachments": (Attachment("a", "message/rfc822", b""),)}, "attachment-malformed"),
        ({"attachments": (Attachment("a", "application/pdf", b"x" * (11 * 1024 * 1024)),)}, "attachment-too-large"),
    ],
)
def test_no_id_and_no_file_becomes_a_header(part, code):
    mail = Mail(to="a@x.example", subject="S", text="t", **part)
    with pytest.raises(MalformedMail) as malformed:
        build(mail, sender="no-reply@x.example", host="x.example", at=WRITTEN_AT)
    assert malformed.value.code == code
