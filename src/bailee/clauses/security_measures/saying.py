"""Saying: what was found, in words of both languages. Pure but for reading its words once."""

from datetime import date
from functools import cache
from pathlib import Path

from bailee.clauses.security_measures.events import Figure, Found
from bailee.infra.web.words import Words, day

TEMPLATES = Path(__file__).with_name("templates")
# What a look may find, by its code. French: words.fr.yaml.
FOUND = {
    "failed": "it could not be looked at ({kind})",
    "lapsed": "nobody vouches for it any more: the last word was good until {until}",
    "never-looked": "it has not been looked at yet",
    "nobody-vouches": "nobody vouches for it yet",
    "vouched": "vouched for until {until}",
    "two-servers": "data and keys are on two servers",
    "one-server": "data and keys share a server",
    "loopback-in-clear": "addresses reached by TCP in clear, on the same machine: {addresses}",
    "verified-tls": "TLS to servers that prove who they are",
    "sockets": "sockets of the same machine alone",
    "no-mail": "no mail server is set: no letter leaves",
    "mail-in-clear": "mail is handed over in clear, on the same machine",
    "mail-by-tls": "TLS to the mail server, or nothing is sent",
    "no-listener": "no mail is taken in by SMTP",
    "no-certificate": "mail is taken in without TLS: no certificate is set",
    "starttls-offered": "STARTTLS is offered",
    "in-the-union": "countries: {countries} ({number})",
    "decided": "as it was decided",
    "decided-number": "as it was decided: {number}",
    "days": "days for which the text of a letter is kept: {days}",
    "sandbox": "a sandbox, for made-up people only",
    "real": "no sandbox: time and guards are real",
    "not-sealed": "of {records} records of {people} people: readable {readable}, without their key {keyless}, keys shared {shared}",
    "sealed": "records sampled: {records}, of {people} people; none readable, every key there and shared with nobody",
    "no-records": "no record is held yet",
    "two-copies": "two copies, as they must be",
    "copies-differ": "a copy is missing, differs, or is open to others",
    "roles-too-strong": "roles that may too much: {strong} of {roles}",
    "roles-weak": "roles asked for: {roles}; none may too much",
    "rows-open": "tables without row-level security: {tables}",
    "rows-parted": "row-level security on every table of controllers",
    "no-staff": "nobody of the staff has an account yet",
    "all-staff": "staff accounts with a second factor: {having} of {of}",
    "some-staff": "staff accounts with a second factor: only {having} of {of}",
    "weak-digests": "passwords kept below today's cost: {weak}",
    "slow-digests": "every password that is kept is a digest of today's cost",
    "not-guarded": "of the two acts that must wait for a second person, {guarded} do",
    "guarded": "administrators and the rule itself wait for a second person",
    "one-person": "one person alone looks after the platform: there is nobody else to look",
    "some-unbound": "staff with access: {staff}; without an undertaking: {unbound}, without training: {untrained}",
    "all-bound": "staff with access: {staff}; all bound and trained",
    "no-staff-there": "nobody of the staff has access to data",
    "ledger-waits": "entries or checkpoints have waited for more than a minute",
    "ledger-sealed": "no entry has waited for more than a minute",
    "no-anchors": "the anchors are gone",
    "nothing-published": "nothing is published yet",
    "not-anchored": "something was published that is not anchored",
    "anchored": "what was published is anchored",
    "no-look-yet": "no record has been compared yet",
    "first-look": "the first look at all records is under way",
    "look-too-old": "the oldest look is {days} days ago",
    "compared": "every record compared; days since the oldest look: {days}",
    "clock-doubted": "a leap of the clock waits to be confirmed",
    "clock-believed": "the clock ticks and is believed",
    "no-tick": "no tick of the worker lately",
    "external-servers": "the servers' disks are looked after elsewhere",
    "disk-low": "a volume is nearly full",
    "no-reserve": "the reserve is gone",
    "reserved": "the reserve is there, and there is room",
    "duties-still": "duties that have stood still for more than a day: {duties}",
    "duties-run": "no duty has stood still for a day",
    "unsupported": "a version gets no security updates any more",
    "unlisted-version": "a version of which no end of support is known here",
    "supported": "all supported, the first of them until {until}",
}  # fmt: skip


@cache
def _words() -> Words:
    return Words((TEMPLATES,))


def in_words(language: str, found: Found) -> str:
    """What was found: a short sentence without its stop. It is of our own making and holds figures alone."""
    figures = {name: _figure(language, name, one) for name, one in found.figures.items()}
    return _words().say(language, FOUND[found.reason], **figures)


def _figure(language: str, name: str, one: Figure) -> Figure:
    return day(language, date.fromisoformat(str(one))) if name == "until" else one


def said(language: str, text: str) -> str:
    """A text of this room."""
    return _words().say(language, text)


def state_in_words(language: str, state: str) -> str:
    """A state of a measure, in a word or two."""
    return _words().say(language, f"measure-{state}")
