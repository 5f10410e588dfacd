"""Normal forms: what a profile's fields look like once and for all (clause data.profile).

Each form takes text as people type it and gives the one way it is kept, or raises `NotNormal` with a stable
code. E.164 for telephones, ISO 3166 for countries, BCP 47 for languages, RFC 6532 for addresses of mail. No
value is ever quoted in a reason. Pure: no network, no clock.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from bailee.processing.accounts import word_lists
from bailee.vocabulary.groups import PersonGroup

LINE, TITLE, EMAIL, PHONE = 200, 40, 254, 32
# Unicode's embeddings, overrides and isolates: they make a text show in another order than it is kept.
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset("\u200b\u2060\ufeff\u00ad")
LINES = frozenset("\r\n\u2028\u2029\x0b\x0c\x85")
PREFIX = "postal_address."
PARTS = ("street", "complement", "city", "postal_code", "region", "country")
# A mailbox as nearly everyone's is: short words, in small letters, joined by single signs. It is its own normal form.
PLAIN_MAILBOX = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*")
MAILBOX = 64
TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


class NotNormal(ValueError):
    """A text has no normal form; `code` says why and is stable: it may be shown and kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Normalised:
    """A line of fields brought to normal form: the profile, the groups, and what could not be (field, code)."""

    __slots__ = ("groups", "problems", "profile")

    def __init__(self) -> None:
        self.profile: dict[str, object] = {}
        self.groups: frozenset[str] = frozenset()
        self.problems: list[tuple[str, str]] = []


def line(text: str, limit: int = LINE) -> str:
    """One line of text: NFC, single spaces, no control character, no override of direction."""
    if len(text) > 20 * limit:
        raise NotNormal("too-long")
    found = text
    if not (text.isascii() and text.isprintable()):
        found = unicodedata.normalize("NFC", text)
        _refuse_hidden(found)
    found = " ".join(found.split())
    if not found:
        raise NotNormal("empty")
    if len(found) > limit:
        raise NotNormal("too-long")
    return found


@lru_cache(maxsize=4096)
def title(text: str, language: str = "") -> str:
    """A civility: the normal form of its language's list where it is known, else as given, on one line."""
    given = line(text, TITLE)
    key = given.casefold().rstrip(".")
    wanted = language.split("-", maxsplit=1)[0].lower()
    if not wanted and any(given in words.values() for words in word_lists.CIVILITIES.values()):
        return given
    lists = [word_lists.CIVILITIES[wanted]] if wanted in word_lists.CIVILITIES else []
    lists += [words for code, words in word_lists.CIVILITIES.items() if code != wanted]
    return next((words[key] for words in lists if key in words), given)


def email(text: str) -> str:
    """One address of mail, ASCII or international: NFC, the domain in Unicode and lower case; nothing is asked of DNS."""
    given = line(text, EMAIL)
    mailbox, _, domain = given.partition("@")
    if given.isascii() and len(mailbox) <= MAILBOX and PLAIN_MAILBOX.fullmatch(mailbox):
        return f"{mailbox}@{_domain(domain)}"
    return _address(given).normalized


def same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses are surely one mailbox's. What the indexes find alike may be somebody else's: a domain with
    an accent, a sharp s, a wide letter is another domain, and whoever owns it reads its mail."""
    return bool(one) and _mailbox(one) == _mailbox(other)


def _mailbox(text: str) -> str:
    try:
        return email(text).lower()
    except NotNormal:
        return unicodedata.normalize("NFC", text.strip()).lower()


@lru_cache(maxsize=4096)
def _domain(text: str) -> str:
    """A domain's normal form. Many share one, and it is most of the work on an address."""
    return _address(f"a@{text}").domain


def _address(text: str) -> ValidatedEmail:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as problem:
        raise NotNormal("not-an-address") from problem


def phone(text: str, region: str = "FR") -> str:
    """A telephone number as E.164; one without its country's prefix is read in `region` (ISO 3166)."""
    given = line(text, PHONE)
    try:
        number = phonenumbers.parse(given, region)
    except phonenumbers.NumberParseException as problem:
        raise NotNormal("not-a-number") from problem
    if number.extension:
        raise NotNormal("extension")
    if not phonenumbers.is_possible_number(number):
        raise NotNormal("not-a-number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def country(text: str) -> str:
    """A country as its ISO 3166 code of two letters, from a code or a name in English or French."""
    found = word_lists.countries().get(word_lists.plain(line(text)))
    if found is None:
        raise NotNormal("unknown-country")
    return found


@lru_cache(maxsize=4096)
def language(text: str) -> str:
    """A language as a BCP 47 tag, from a tag or a name in English or French. `fr_FR` becomes `fr-FR`."""
    given = line(text, 100)
    named = word_lists.languages().get(word_lists.plain(given))
    if named is not None:
        return named
    tag = given.replace("_", "-").split(".")[0]
    if len(tag) > 35 or TAG.fullmatch(tag) is None:
        raise NotNormal("unknown-language")
    first, *others = tag.split("-")
    primary = word_lists.languages().get(first.lower())
    if primary is None or len(first) > 3:
        raise NotNormal("unknown-language")
    return "-".join([primary, *map(_subtag, others)])


def groups(text: str) -> frozenset[str]:
    """Groups of persons (clause data.groups), by their English or French words, parted by `,` `;` `|` or `/`."""
    found = set[str]()
    for word in re.split(r"[,;|/]", text):
        if not word.strip():
            continue
        group = word_lists.GROUPS.get(word_lists.plain(line(word)))
        if group is None:
            raise NotNormal("unknown-group")
        found.add(group)
    if not found:
        raise NotNormal("empty")
    assert found <= set(PersonGroup)
    return frozenset(found)


def normalise(
    values: Mapping[str, str], *, region: str = "FR", default_groups: frozenset[str] = frozenset()
) -> Normalised:
    """Every field of one person to its normal form, or every problem. Empty texts are absent fields.

    `values` are by field (`email`, `postal_address.city`, `group`). The region of telephones is the line's own
    country where it has one. A person is in a group always: without one that is `group: missing`.
    """
    done, given = Normalised(), {field: text for field, text in values.items() if text.strip()}
    address: dict[str, str] = {}
    here = _attempt(done, PREFIX + "country", country, given.pop(PREFIX + "country", ""))
    spoken = _attempt(done, "language", language, given.pop("language", ""))
    if here:
        address["country"], region = here, here
    if spoken:
        done.profile["language"] = spoken
    for field, text in given.items():
        if field == "group":
            continue
        form = _forms(field, region, spoken)
        found = _attempt(done, field, form, text)
        if found is not None and field.startswith(PREFIX):
            address[field.removeprefix(PREFIX)] = found
        elif found is not None:
            done.profile[field] = found
    if address:
        done.profile["postal_address"] = {part: address[part] for part in PARTS if part in address}
    done.groups = _attempt_groups(done, given.get("group", ""), default_groups)
    return done


def _forms(field: str, region: str, spoken: str | None) -> Callable[[str], str]:
    match field:
        case "email":
            return email
        case "phone":
            return lambda text: phone(text, region)
        case "title":
            return lambda text: title(text, spoken or "")
        case _:
            return line


def _attempt(done: Normalised, field: str, form: Callable[[str], str], text: str) -> str | None:
    if not text:
        return None
    try:
        return form(text)
    except NotNormal as problem:
        done.problems.append((field, problem.code))
        return None


def _attempt_groups(done: Normalised, text: str, default: frozenset[str]) -> frozenset[str]:
    if not text and default:
        return default
    try:
        return groups(text)
    except NotNormal as problem:
        done.problems.append(("group", "missing" if problem.code == "empty" else problem.code))
        return frozenset()


def _subtag(part: str) -> str:
    """A subtag as RFC 5646 writes it: scripts titled, regions in capitals, the rest small."""
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 and part.isalpha() else part.lower()


def _refuse_hidden(text: str) -> None:
    for sign in text:
        if sign in BIDI:
            raise NotNormal("direction-override")
        if sign in LINES:
            raise NotNormal("several-lines")
        if unicodedata.category(sign) in ("Cc", "Cs", "Cn", "Co"):
            raise NotNormal("control-character")
        if sign in INVISIBLE:
            raise NotNormal("invisible-character")
