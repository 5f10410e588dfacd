"""Pages of duplicates: pairs with their reasons, a merge side by side, and its undoing (autonomy.self-service).

Values are masked as everywhere; whoever may see them in clear says why first, for both people at once.
"""

import base64
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import FormMultiDict

from bailee.gate.changing import Held
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.processing.accounts import forms
from bailee.processing.accounts.accounts import Account, Accounts
from bailee.processing.accounts.masking import masked
from bailee.processing.accounts.pages.asking import ask, granted
from bailee.processing.accounts.pages.people import REASONS
from bailee.processing.accounts.pages.seeing import Seen
from bailee.processing.accounts.reconciling.conflicts import CannotMerge, CannotUndo, ChangedSince
from bailee.processing.accounts.reconciling.finding import START, Candidate, Profile
from bailee.processing.accounts.reconciling.merging import FIELDS, Plan
from bailee.processing.accounts.reconciling.room import Reconciling
from bailee.processing.accounts.reconciling.undoing import Later
from bailee.vocabulary.operations import Operation

Http = Request[Any, Any, Any]
MAY = "people:duplicate:merge"
LABELS = {
    "title": "Civility", "given_name": "First name", "family_name": "Last name", "company": "Company",
    "email": "E-mail", "phone": "Phone", "postal_address": "Postal address", "language": "Language",
    "user_name": "User name", "external_id": "Your own id", "ip_address": "IP address",
}  # fmt: skip
WHY = {
    "same-email": "the same e-mail", "same-phone": "the same phone", "same-user-name": "the same user name",
    "same-company": "the same company", "same-own-id": "the same id of yours", "other-own-id": "different ids of yours",
    "same-name": "the same name", "similar-name": "a similar name", "other-name": "different names",
    "same-address": "the same address", "similar-address": "a similar address", "same-town": "the same town",
}  # fmt: skip
LEVELS = {
    "very-likely": ("very likely", "good"), "likely": ("likely", "note"), "possible": ("possible", "warn"),
    "unlikely": ("unlikely", ""),
}  # fmt: skip
NO_MERGE = {
    "same-person": ("This is one person already", "Choose two different people."),
    "no-profile": ("One of them has no profile", "There is nothing to merge: erase the empty one instead."),
    "account-is-absorbed": ("Keep the one who signs in", "Only the other has an account, and it would be lost."),
    "account-has-roles": ("The other has roles here", "Take the roles away first, or keep that one."),
    "account-closing": ("One of them is closing their account", "Let it close, or have the account kept first."),
    "too-much": ("There is too much to move at once", "More than 500 records or 200 files: remove what is not needed."),
}
NO_UNDO = {
    "over": ("This merge stands", "It was undone already, or its thirty days are over."),
    "survivor-merged": ("There is a later merge", "Undo the later merge of this person first."),
    "survivor-gone": ("The person was erased", "Whoever was merged into them is erased with them."),
}
HELD = Wrong(409, "A hold stands", "What is under a hold is neither merged nor parted.")


class Line(msgspec.Struct, frozen=True):
    """A field of both, as the table shows it; `same` where there is nothing to choose, `side` what is offered."""

    field: str
    label: str
    values: tuple[Any, Any]
    same: bool
    side: str


class DuplicatePages(Controller):
    """Likely duplicates."""

    path = "/duplicates"
    include_in_schema = False

    @get("/")
    async def listed(
        self, *, visit: Visit, pages: Pages, reconciling: Reconciling, accounts: Accounts, after: str = "",
        show: str = "",
    ) -> Html:  # fmt: skip
        """Pairs that are likely (`show=all`: also those that are only possible), and merges that can still be undone."""
        require(visit, MAY)
        finding, every = reconciling.finding, show == "all"
        look = finding.page if every else finding.likely
        found = granted(await look(ask(visit, Operation.combine), _place(after)))
        merges = [] if after else await reconciling.merges.open(visit.whose)
        persons = {one.person for pair in found.candidates for one in (pair.first, pair.second)}
        known = await accounts.of(visit.whose, persons)
        names = await _names(visit, reconciling, [one.survivor for one in merges])
        pairs = [(_seen(one.first, known), _seen(one.second, known), one.similarity) for one in found.candidates]
        following = "" if found.after is None else base64.urlsafe_b64encode(found.after).decode()
        return page(
            pages, "duplicates.html", visit, pairs=pairs, following=following, first=not after, merges=merges,
            names=names, why=WHY, levels=LEVELS, below=found.below, every=every, after=after,
        )  # fmt: skip

    @get("/{a:uuid}/{b:uuid}")
    async def show(
        self, *, a: UUID, b: UUID, visit: Visit, pages: Pages, reconciling: Reconciling, accounts: Accounts
    ) -> Html:  # fmt: skip
        """Two people side by side, masked."""
        require(visit, MAY)
        return await _side_by_side(visit, pages, reconciling, accounts, pair=(a, b), plain=False)

    @post("/{a:uuid}/{b:uuid}/unmask")
    async def unmask(
        self, *, request: Http, a: UUID, b: UUID, visit: Visit, pages: Pages, reconciling: Reconciling,
        accounts: Accounts, appending: Appending,
    ) -> Html:  # fmt: skip
        """Both in clear, once, with the reason in the ledger before."""
        require(visit, MAY)
        require(visit, "people:profile:unmask")
        reason = forms.text(await request.form(), "reason")
        if reason not in REASONS:
            raise Wrong(422, "Say why first", "Seeing data in clear is recorded with its reason.")
        await _pair(visit, reconciling, a, b)
        await appending.append_one(Act("unmasked", visit.whose, str(visit.who), {"reason": reason}, (a, b)))
        return await _side_by_side(visit, pages, reconciling, accounts, pair=(a, b), plain=True)

    @post("/{a:uuid}/{b:uuid}")
    async def merge(self, *, request: Http, a: UUID, b: UUID, visit: Visit, reconciling: Reconciling) -> Html:
        """Merge as chosen."""
        require(visit, MAY)
        plan = _plan(await request.form(), a, b)
        if visit.who == plan.absorbed:
            raise Wrong(409, "Keep the one who signs in", "This is your own account: it stays.")
        asked = ask(visit, Operation.combine, persons=(plan.survivor, plan.absorbed))
        try:
            granted(await reconciling.merging.merge(asked, plan))
        except CannotMerge as problem:
            raise Wrong(409, *NO_MERGE[problem.code]) from None
        except Held:
            raise HELD from None
        return go(f"/people/{plan.survivor}", "They are one person now. It can be undone for thirty days.")

    @post("/{a:uuid}/{b:uuid}/dismiss")
    async def dismiss(self, a: UUID, b: UUID, visit: Visit, reconciling: Reconciling) -> Html:
        """These are two people."""
        require(visit, MAY)
        try:
            granted(await reconciling.dismissing.dismiss(ask(visit, Operation.combine, persons=(a, b)), a, b))
        except CannotMerge as problem:
            raise Wrong(409, *NO_MERGE[problem.code]) from None
        return go("/duplicates", "They are kept apart, and not shown again.")


class MergePages(Controller):
    """Merges that were made."""

    path = "/merges"
    include_in_schema = False

    @post("/{merge:uuid}/undo")
    async def undo(self, *, request: Http, merge: UUID, visit: Visit, pages: Pages, reconciling: Reconciling) -> Html:
        """Part two people again; what was changed since is asked about first."""
        require(visit, MAY)
        chosen = forms.text(await request.form(), "later") or Later.ask
        later = Later(chosen) if chosen in set(Later) else Later.ask
        try:
            undone = granted(await reconciling.undoing.undo(ask(visit, Operation.combine), merge, later))
        except ChangedSince as found:
            since = [(LABELS.get(one.type, one.type), one.type, one.done) for one in found.since]
            return page(pages, "merge-undo.html", visit, status=409, merge=merge, since=since)
        except CannotUndo as problem:
            raise Wrong(409, *NO_UNDO[problem.code]) from None
        except Held:
            raise HELD from None
        return go(f"/people/{undone.absorbed}", "They are two people again.")


async def _pair(visit: Visit, reconciling: Reconciling, a: UUID, b: UUID) -> Candidate:
    if a == b:
        raise NOT_HERE
    return granted(await reconciling.finding.pair(ask(visit, Operation.combine, persons=(a, b)), a, b))


async def _side_by_side(
    visit: Visit, pages: Pages, reconciling: Reconciling, accounts: Accounts, *, pair: tuple[UUID, UUID], plain: bool
) -> Html:
    found = await _pair(visit, reconciling, *pair)
    both = (found.first, found.second)
    known = await accounts.of(visit.whose, [one.person for one in both])
    keep = "b" if known.get(found.second.person) and not known.get(found.first.person) else "a"
    seen = [_seen(one, known, plain=plain) for one in both]
    return page(
        pages, "merge.html", visit, seen=seen, lines=_lines(both, keep, plain=plain), keep=keep, plain=plain,
        score=found.similarity, why=WHY, levels=LEVELS, reasons=REASONS,
    )  # fmt: skip


def _lines(both: tuple[Profile, Profile], keep: str, *, plain: bool) -> list[Line]:
    """The fields that either has. Offered is the value of whoever is kept, or the only one there is."""
    fields = [one.fields if plain else masked(one.fields) for one in both]
    found = []
    for field in FIELDS:
        one, other = both[0].fields.get(field), both[1].fields.get(field)
        if not one and not other:
            continue
        side = keep if (one if keep == "a" else other) else ("b" if keep == "a" else "a")
        values = (fields[0].get(field), fields[1].get(field))
        found.append(Line(field, LABELS[field], values, one == other, side))
    return found


def _plan(sent: FormMultiDict, a: UUID, b: UUID) -> Plan:
    """What a form asks for. Fields that it does not name stay the survivor's."""
    keep = forms.text(sent, "keep")
    versions = forms.number(sent, "version_a"), forms.number(sent, "version_b")
    if keep not in ("a", "b") or versions[0] is None or versions[1] is None:
        raise Wrong(422, "Choose whom to keep", "One of the two stays, the other is merged into it.")
    other = "b" if keep == "a" else "a"
    taken = frozenset(field for field in FIELDS if forms.text(sent, f"field_{field}") == other)
    first, second = sorted((a, b))
    if keep == "a":
        return Plan(first, second, taken, (versions[0], versions[1]))
    return Plan(second, first, taken, (versions[1], versions[0]))


async def _names(visit: Visit, reconciling: Reconciling, persons: Iterable[UUID]) -> dict[UUID, str]:
    read = granted(await reconciling.finding.profiles(ask(visit, Operation.consult), set(persons)))
    return {person: _seen(one, {}).name for person, one in read[0].items()}


def _seen(one: Profile, known: dict[UUID, Account], *, plain: bool = False) -> Seen:
    fields = one.fields if plain else masked(one.fields)
    return Seen(one.person, one.record, one.version, fields, known.get(one.person))


def _place(text: str) -> bytes:
    """Where a list goes on; the beginning for anything that is not a place."""
    try:
        return base64.urlsafe_b64decode(text)[:16]
    except ValueError:
        return START
