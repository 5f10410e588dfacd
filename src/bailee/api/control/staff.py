"""The processor's staff over HTTP: the register for the processor's own systems, and what a controller may see of it.

A member signs in person, in the console; what is recorded here are papers and duties of secrecy by law.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.clauses.confidentiality.commands import Bound, Staff, Taught
from bailee.clauses.confidentiality.events import Paper, Training, Undertaking
from bailee.clauses.confidentiality.evidence import Stands
from bailee.clauses.confidentiality.mistakes import ChangedMeanwhile, Faulty, NothingThere, NotNow

Http = Request[Any, Any, Any]
CLAUSE = "staff.confidentiality"
Text = Annotated[str, Meta(max_length=200)]
Content = Annotated[str, Meta(max_length=700_000)]
NOT_NOW = problem(
    409, "staff-not-now", "That step does not go from here", "Read the register again.", clause=CLAUSE
)  # fmt: skip
FAULTS = {
    "label": "A label is 1 to 80 small letters, digits and : . _ -, never a name.",
    "known-already": "Someone in the register has this label or account already.",
    "paper": "An undertaking on paper comes with its document, base64, at most 500 kB.",
    "reference": "Name the law that imposes the duty of secrecy.",
    "days": "No day may be still to come, and the last is not before the first.",
    "training": "Say what the training was about, and who gave it.",
    "evidence": "Give the SHA-256 of what shows the training, or the document itself.",
}


class MemberIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of staff: the label of their credentials, never a name; `name` is sealed. `account` is the id with which
    they sign in at the platform, where they do."""

    label: Annotated[str, Meta(max_length=80)] = ""
    name: Text = ""
    account: UUID | None = None


class UndertakingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An undertaking on paper, with its `document` in base64, or a duty of secrecy by statute, with its `reference`. Days
    are included; without `until` there is no end."""

    way: Literal["paper", "statute"]
    since: date
    until: date | None = None
    reference: Text = ""
    document: Content = ""


class TrainingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A training; what shows it is the `document` in base64, or stays elsewhere and is named by its SHA-256 `digest`."""

    what: Text
    on: date
    given_by: Text
    digest: Annotated[str, Meta(max_length=64)] = ""
    document: Content = ""


class UndertakingOut(msgspec.Struct, frozen=True):
    """An undertaking as it is on record: `digest` is the SHA-256 of the text signed or of the paper."""

    id: UUID
    way: str
    since: date
    until: date | None
    reference: str
    digest: str
    recorded_at: datetime
    ended_at: datetime | None


class TrainingOut(msgspec.Struct, frozen=True):
    """A training as it is on record."""

    id: UUID
    what: str
    on: date
    given_by: str
    digest: str
    recorded_at: datetime
    ended_at: datetime | None


class StaffAccessOut(msgspec.Struct, frozen=True):
    """A credential that holds, and what the gate there knows of its bearer; `behind`: it is still to be told of a change."""

    controller: UUID
    credential: UUID
    purposes: list[str]
    expires_at: datetime
    bound_until: datetime | None
    trained_until: datetime | None
    behind: bool


class MemberOut(msgspec.Struct, frozen=True):
    """A member of staff and how they stand: in-order, soon (training runs out), untrained, unbound or released."""

    id: UUID
    label: str
    name: str
    account: UUID | None
    state: str
    trained_until: datetime | None
    undertakings: list[UndertakingOut]
    trainings: list[TrainingOut]
    access: list[StaffAccessOut]
    released_at: datetime | None


class ReleasedOut(msgspec.Struct, frozen=True):
    """A credential of someone who was let go."""

    controller: UUID
    credential: UUID
    revoked: bool


class SeenOut(msgspec.Struct, frozen=True):
    """One of the processor's staff as a controller sees them: a label, and what its own gate knows."""

    label: str
    credentials: int
    purposes: list[str]
    expires_at: datetime
    used_at: datetime | None
    bound_until: datetime | None
    trained_until: datetime | None
    let_in: bool


class StaffOfProcessor(Controller):
    """Who of the processor's staff is bound to secrecy, trained, and let in."""

    path = "/api/v1"
    tags = ("staff",)

    @get("/staff", summary="List the processor's staff (processor)")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], staff: NamedDependency[Staff]
    ) -> list[MemberOut]:  # fmt: skip
        """Everyone in the register with what is on record of them, those who have left last."""
        await admission.operator(request)
        return [_member(one) for one in await staff.listed()]

    @post("/staff", summary="Put someone in the register (processor)")
    async def note(
        self, request: Http, data: MemberIn, admission: NamedDependency[Admission], staff: NamedDependency[Staff]
    ) -> MemberOut:  # fmt: skip
        """Note a member of staff. A label that holds a credential comes into the register by itself."""
        caller = await admission.operator(request)
        with _told():
            member = await staff.note(data.label, name=data.name, account=data.account, by=caller.actor.id)
            return _member(await staff.one(member.id))

    @get("/staff/{member:uuid}", summary="Read one member of staff (processor)")
    async def one(
        self, request: Http, member: UUID, admission: NamedDependency[Admission], staff: NamedDependency[Staff]
    ) -> MemberOut:  # fmt: skip
        """One of them, with all that is on record."""
        await admission.operator(request)
        with _told():
            return _member(await staff.one(member))

    @post("/staff/{member:uuid}/undertakings", summary="Record an undertaking of secrecy (processor)")
    async def bind(
        self, request: Http, member: UUID, data: UndertakingIn, admission: NamedDependency[Admission],
        staff: NamedDependency[Staff],
    ) -> UndertakingOut:  # fmt: skip
        """Record a paper or a duty by law; every gate under an agreement is told."""
        caller = await admission.operator(request)
        with _told():
            await staff.one(member)
            paper = await _kept(staff, data.document)
            what = Bound(way=data.way, since=data.since, until=data.until, reference=data.reference, paper=paper)
            return _undertaking(await staff.bind(member, what, by=caller.actor.id))

    @post("/staff/{member:uuid}/trainings", summary="Record a training (processor)")
    async def train(
        self, request: Http, member: UUID, data: TrainingIn, admission: NamedDependency[Admission],
        staff: NamedDependency[Staff],
    ) -> TrainingOut:  # fmt: skip
        """Record a training; how long it counts each agreement's term says."""
        caller = await admission.operator(request)
        with _told():
            await staff.one(member)
            paper = await _kept(staff, data.document)
            what = Taught(what=data.what, on=data.on, given_by=data.given_by, digest=data.digest, paper=paper)
            return _training(await staff.train(member, what, by=caller.actor.id))

    @post("/staff/records/{record:uuid}/end", summary="End an undertaking or a training (processor)", status_code=204)
    async def end(
        self, request: Http, record: UUID, admission: NamedDependency[Admission], staff: NamedDependency[Staff]
    ) -> None:  # fmt: skip
        """End it: whoever has no other is refused at every gate from then on."""
        caller = await admission.operator(request)
        with _told():
            await staff.end(record, by=caller.actor.id)

    @post("/staff/{member:uuid}/release", summary="Let a member of staff go (processor)", status_code=200)
    async def release(
        self, request: Http, member: UUID, admission: NamedDependency[Admission], staff: NamedDependency[Staff]
    ) -> list[ReleasedOut]:  # fmt: skip
        """End all their access: every credential of theirs, revoked and named. The duty of secrecy goes on."""
        caller = await admission.operator(request)
        with _told():
            left = await staff.release(member, by=caller.actor.id)
        return [ReleasedOut(one.access.controller, one.access.credential, one.revoked) for one in left]

    @get("/controllers/{controller:uuid}/staff", summary="See who of the processor's staff has access here")
    async def seen(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], staff: NamedDependency[Staff]
    ) -> list[SeenOut]:  # fmt: skip
        """Labels, never names. Whoever is let in is bound and trained; the others the gate refuses."""
        await admission.party(request, controller)
        return [
            SeenOut(
                one.label, one.credentials, list(one.purposes), one.expires_at, one.used_at, one.bound_until,
                one.trained_until, one.let_in,
            )
            for one in await staff.seen(controller)
        ]  # fmt: skip


@contextmanager
def _told() -> Iterator[None]:
    """What keeps an act from being done, as a problem."""
    try:
        yield
    except NothingThere:
        raise Refusing(UNKNOWN) from None
    except (NotNow, ChangedMeanwhile):
        raise Refusing(NOT_NOW) from None
    except Faulty as faulty:
        raise Refusing(problem(
            422, "staff", "This cannot be recorded as it is", FAULTS[faulty.args[0]], clause=CLAUSE
        )) from None  # fmt: skip


async def _kept(staff: Staff, document: str) -> UUID | None:
    if not document:
        return None
    try:
        content = base64.b64decode(document, validate=True)
    except (binascii.Error, ValueError):
        raise Faulty("paper") from None
    return await staff.keep(Paper(name="document", content=content))


def _undertaking(one: Undertaking) -> UndertakingOut:
    return UndertakingOut(
        one.id, one.way, one.since, one.until, one.reference, one.digest, one.recorded_at, one.ended_at
    )  # fmt: skip


def _training(one: Training) -> TrainingOut:
    return TrainingOut(one.id, one.what, one.on, one.given_by, one.digest, one.recorded_at, one.ended_at)


def _member(stands: Stands) -> MemberOut:
    member = stands.entry.member
    access = [
        StaffAccessOut(
            one.controller, one.credential, list(one.purposes), one.expires_at, one.bound_until, one.trained_until,
            one.behind,
        )
        for one in stands.access
    ]  # fmt: skip
    return MemberOut(
        member.id, member.label, member.name, member.account, stands.state, stands.trained_until,
        [_undertaking(one) for one in stands.entry.undertakings], [_training(one) for one in stands.entry.trainings],
        access, member.released_at,
    )  # fmt: skip
