"""The public list and its feed: companies only. Nothing here knows, or tells, of any controller."""

from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from litestar import Controller, Response, get

from bailee.clauses.sub_processors import evidence
from bailee.clauses.sub_processors.commands import Chain
from bailee.clauses.sub_processors.events import Kind, Proposed
from bailee.contract.wording import CATEGORIES, phrases
from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, page
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import Language, language_of

MOST = 100
SHARED = {
    "cache-control": "public, max-age=300",
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
}
CHANGES: dict[Language, dict[Kind, str]] = {
    "en": {"add": "new", "replace": "replaces another", "change": "changes", "end": "ends"},
    "fr": {"add": "nouveau", "replace": "en remplace un autre", "change": "change", "end": "prend fin"},
}
TITLE: dict[Language, str] = {"en": "Sub-processors of {name}", "fr": "Sous-traitants ultérieurs de {name}"}
SINCE: dict[Language, str] = {"en": "From {day:%Y-%m-%d}.", "fr": "À partir du {day:%Y-%m-%d}."}
BEGAN = datetime(1970, 1, 1, tzinfo=UTC)


class PublicPages(Controller):
    """The list, for everyone."""

    path = "/list/sub-processors"
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 -- the framework's own way

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, chain: Chain, clock: Clock) -> Html:
        """Every sub-processor down the chain, and what is to come."""
        known, now = await chain.keeping.listed(), clock.now()
        return page(
            pages, "sub-processors-public.html", visit, listed=evidence.current(known, now),
            coming=evidence.coming(known, now), processor=chain.processor, now=now,
            named=phrases(CATEGORIES, language_of(visit.language)),
        )  # fmt: skip

    @get("/feed")
    async def feed(self, visit: Visit, chain: Chain, language: str = "") -> Response[bytes]:
        """Every change of the list, the latest first, as Atom (RFC 4287), in the reader's language."""
        changes = evidence.changes(await chain.keeping.listed())[:MOST]
        spoken = language_of(language or visit.language)
        made = atom(changes, spoken, address=f"{visit.origin}{self.path}", processor=chain.processor)
        return Response(made, media_type="application/atom+xml; charset=utf-8", headers=dict(SHARED))


def atom(changes: list[Proposed], language: Language, *, address: str, processor: str) -> bytes:
    """The feed. An entry is a change of the list; its id is the proposal's."""
    updated = max((one.approved_at for one in changes if one.approved_at), default=BEGAN)
    entries = "".join(_entry(one, language, address) for one in changes)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="'
        f'{language}">\n<id>{escape(address)}</id>\n<title>{escape(_clean(TITLE[language].format(name=processor)))}</title>\n'
        f"<updated>{_instant(updated)}</updated>\n<author><name>{escape(processor)}</name></author>\n"
        f'<link rel="self" href={quoteattr(f"{address}/feed")}/>\n<link rel="alternate" href={quoteattr(address)}/>\n'
        f"{entries}</feed>\n"
    ).encode()


def _entry(what: Proposed, language: Language, address: str) -> str:
    entry = what.entry
    places = ", ".join(entry.places)
    said = f"{entry.role}. {places}. {SINCE[language].format(day=what.begins_at)} {what.reason}"
    return (
        f"<entry>\n<id>urn:uuid:{what.id}</id>\n<title>{escape(_clean(f'{entry.name}: {CHANGES[language][what.kind]}'))}</title>\n"
        f"<updated>{_instant(what.approved_at or what.begins_at)}</updated>\n"
        f'<link rel="alternate" href={quoteattr(address)}/>\n<summary>{escape(_clean(said))}</summary>\n</entry>\n'
    )


def _clean(text: str) -> str:
    """Without what XML does not allow."""
    return "".join(one for one in text if one in "\t\n" or one >= " ")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
