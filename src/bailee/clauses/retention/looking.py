"""Looking at everyone, a bounded chunk at a time: what a draft would take, or what is over, which then goes.

A chunk is one transaction: where the look stands, what it counted and what it took stand or fall together, so that it
goes on from there whoever stops it. What goes by the house's one door (`gate/expiring.py`, `gate/outliving.py`) is
judged once more under the locks of its persons. Only what stands in clear is looked at: nothing is opened.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record as Row

from bailee.clauses.retention import queries
from bailee.clauses.retention.deadlines import Judge, effective_at, month_of
from bailee.clauses.retention.events import OWN, WHOLE, Going, Kept, Person, Record, Standing
from bailee.clauses.retention.evidence import DUE
from bailee.clauses.retention.keeping import Keeping
from bailee.contract.force import InForce
from bailee.gate import queries as gate_queries
from bailee.gate.archive import Dossier
from bailee.gate.expiring import Expiring, asking
from bailee.gate.outliving import Outliving
from bailee.gate.passage import Passage
from bailee.infra.clock import Clock
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.calendar import Calendar
from bailee.vocabulary.operations import Operation

PEOPLE, RECORDS = 500, 1000
NOBODY = UUID(int=0)
PLATFORM = "platform"

# Of what is counted: rule, type, groups, month, standing.
Place = tuple[UUID, str, str, str, str]


class Look(msgspec.Struct):
    """A chunk of a look: under what, at which instant, and what it has counted. `taking`: what is over goes."""

    dossier: Dossier
    change: Transaction
    force: InForce
    now: datetime
    row: Row
    judge: Judge
    taking: bool
    counted: Counter[Place] = msgspec.field(default_factory=Counter)
    erasing: list[UUID] = []

    @property
    def calendar(self) -> Calendar:
        """Where days are counted."""
        return calendar_of(self.force)

    def note(self, going: Going, what: str, person: Person, standing: Standing, number: int = 1) -> None:
        """Count what goes and is still there; of a draft's look only what the draft itself would take."""
        if going.by == OWN or (not self.taking and UUID(going.by) != self.row["rule_id"]):
            return
        month = DUE if self.is_over(going) else month_of(self.calendar, going.at)
        self.counted[UUID(going.by), what, " ".join(sorted(person.groups)), month, standing] += number

    def is_over(self, going: Going) -> bool:
        """Whether something goes now."""
        return self.taking and going.at is not None and going.at <= self.now


class Looking:
    """Looks at everyone of a controller."""

    def __init__(
        self, *, passage: Passage, keeping: Keeping, expiring: Expiring, outliving: Outliving, clock: Clock,
        administrators: frozenset[str],
    ) -> None:  # fmt: skip
        self._passage = passage
        self._keeping = keeping
        self._expiring = expiring
        self._outliving = outliving
        self._clock = clock
        self._administrators = administrators

    async def chunk(self, change: Transaction, row: Row, dossier: Dossier, force: InForce) -> Look:
        """The next chunk of a look: `row` is the look as it stands, locked. Its `stage` afterwards is written down."""
        look = await self.begun(change, row, dossier, force)
        people = row["stage"] == "people"
        seen, after = await (self._people(look) if people else self._records(look))
        stage, next_ = (row["stage"], after) if after else ("records" if people else "done", (NOBODY, NOBODY))
        ended = look.now if stage == "done" else None
        if look.counted:
            given = [(change.controller, row["look_id"], *place, look.counted[place]) for place in sorted(look.counted)]
            await change.connection.executemany(queries.COUNT, given)
        await change.connection.execute(
            queries.MOVE_LOOK, change.controller, row["look_id"], stage, *next_, seen, ended
        )
        return look

    async def begun(self, change: Transaction, row: Row, dossier: Dossier, force: InForce) -> Look:
        """A look with the rules that it judges by: those confirmed, and the draft that it is of."""
        rules = await self._keeping.confirmed(change)
        if row["rule_id"] is not None:
            versions = await self._keeping.locked(change, row["rule_id"])
            [draft] = [one for one in versions if one.version == row["version"]]
            begins = effective_at(calendar_of(force), row["began_at"])
            rules = [one for one in rules if one.id != draft.id]
            rules.append(msgspec.structs.replace(draft, effective_at=begins))
        judge = Judge(calendar_of(force), rules, force.ended_at)
        return Look(dossier, change, force, self._clock.now(), row, judge, row["rule_id"] is None)

    async def carry(self, look: Look) -> None:
        """What is left to do of persons, once the chunk is committed."""
        await self._outliving.carry(look.change.controller, look.erasing)

    async def _people(self, look: Look) -> tuple[int, tuple[UUID, UUID] | None]:
        """A chunk of persons, for rules that take them whole; how many, and where the next begins."""
        if not look.judge.about_persons:
            return 0, None
        given = look.change.controller, look.row["after_person"], PEOPLE
        rows = await look.change.connection.fetch(queries.PEOPLE_AFTER, *given)
        over = [one for one in map(self._person, rows) if self._judged(look, one)]
        for rule, persons in (await self._still_over(look, over)).items():
            marked = set(await self._outliving.mark((look.dossier, look.change), [one.id for one in persons]))
            look.erasing.extend(sorted(marked))
            await _took(look, rule, WHOLE, sorted(marked), len(marked))
            for one in persons:
                if one.id not in marked:
                    look.note(Going(look.now, str(rule)), WHOLE, one, "refused")
        return len(rows), (rows[-1]["person_id"], NOBODY) if len(rows) == PEOPLE else None

    def _judged(self, look: Look, person: Person) -> bool:
        """Whether a person goes now; whoever does not is counted."""
        going = look.judge.person(person)
        if going is None:
            return False
        if look.is_over(going) and person.standing == "free":
            return True
        look.note(going, WHOLE, person, person.standing)
        return False

    async def _still_over(self, look: Look, persons: Sequence[Person]) -> dict[UUID, list[Person]]:
        """Those who go now, judged again under the locks of their rows, by rule."""
        found = dict[UUID, list[Person]]()
        if persons:
            for one in (await self._locked(look, [one.id for one in persons])).values():
                going = look.judge.person(one)
                if self._judged(look, one) and going is not None:
                    found.setdefault(UUID(going.by), []).append(one)
        return found

    async def _records(self, look: Look) -> tuple[int, tuple[UUID, UUID] | None]:
        """A chunk of records, for rules that take them alone; how many, and where the next begins."""
        if not look.judge.about_records:
            return 0, None
        tx, controller = look.change.connection, look.change.controller
        after = look.row["after_person"], look.row["after_record"]
        rows = await tx.fetch(queries.RECORDS_AFTER, controller, *after, RECORDS)
        named = await tx.fetch(queries.PEOPLE_NAMED, controller, sorted({row["person_id"] for row in rows}))
        people = {one.id: one for one in map(self._person, named)}
        over = list[Row]()
        for row in rows:
            if (person := people.get(row["person_id"])) and self._goes(look, row, person):
                over.append(row)
        await self._delete(look, over)
        place = (rows[-1]["person_id"], rows[-1]["record_id"]) if len(rows) == RECORDS else None
        return len(rows), place

    def _goes(self, look: Look, row: Row, person: Person) -> Going | None:
        """By which rule a record goes now; what does not go now, and not with its person, is counted."""
        going = look.judge.alone(record_of(row, look.dossier), person)
        if going is None or going.by == OWN:
            return None
        standing: Standing = "free" if person.standing == "administrator" else person.standing
        if look.is_over(going) and standing == "free":
            return going
        look.note(going, row["type"], person, standing)
        return None

    async def _delete(self, look: Look, over: Sequence[Row]) -> None:
        """Delete what goes, judged again under the locks of its persons; what the agreement refuses is counted."""
        if not over:
            return
        tx, controller = look.change.connection, look.change.controller
        people = await self._locked(look, sorted({row["person_id"] for row in over}))
        given = list(people), [row["record_id"] for row in over]
        together = dict[tuple[UUID, str], list[Row]]()
        for row in await tx.fetch(queries.RECORDS_NAMED, controller, *given):
            if going := self._goes(look, row, people[row["person_id"]]):
                together.setdefault((UUID(going.by), row["type"]), []).append(row)
        for (rule, name), rows in sorted(together.items()):
            asked = asking(controller, Operation.delete, look.dossier.types[name])
            facts = await self._expiring.each((look.dossier, look.change), asked, rows, self._expiring.deleted)
            gone = {fact.address.record for fact in facts}
            await _took(look, rule, name, sorted({fact.address.person for fact in facts}), len(gone))
            for row in rows:
                if row["record_id"] not in gone:
                    look.note(Going(look.now, str(rule)), name, people[row["person_id"]], "refused")

    async def _locked(self, look: Look, persons: Sequence[UUID]) -> dict[UUID, Person]:
        """People as they are under the locks of their rows."""
        tx, controller = look.change.connection, look.change.controller
        await tx.fetch(gate_queries.LOCK_PEOPLE, controller, sorted(persons))
        rows = await tx.fetch(queries.PEOPLE_NAMED, controller, sorted(persons))
        return {one.id: one for one in map(self._person, rows)}

    def _person(self, row: Row) -> Person:
        return person_of(row, self._administrators)


def calendar_of(force: InForce) -> Calendar:
    """Where the agreement in force counts days."""
    return Calendar.of(force.agreement.time_zone, force.agreement.holidays)


def person_of(row: Row, administrators: frozenset[str]) -> Person:
    """A person as their row tells of them. Whoever administers is taken whole by no rule: someone must let others in."""
    standing: Standing = "held" if row["held"] else "restricted" if row["restricted"] else "free"
    if standing == "free" and administrators & set(row["roles"] or ()):
        standing = "administrator"
    return Person(
        id=row["person_id"], groups=frozenset(row["groups"]), created_at=row["created_at"],
        changed_at=row["changed_at"], active_at=row["active_at"], standing=standing,
    )  # fmt: skip


def record_of(row: Row, dossier: Dossier) -> Record:
    """A record as its row tells of it."""
    policy = dossier.classes.get(row["class_id"])
    return Record(
        id=row["record_id"], person=row["person_id"], type=row["type"], version=row["version"],
        purposes=frozenset(policy.purposes if policy else ()), created_at=row["created_at"],
        changed_at=row["updated_at"], expires_at=row["expires_at"],
    )  # fmt: skip


def described(one: Kept) -> dict[str, Any]:
    """What the ledger says of a rule: words of the vocabulary and periods, none of the controller's own."""
    rule = one.rule
    return {
        "rule": str(one.id), "version": one.version, "type": rule.type, "group": rule.group, "purpose": rule.purpose,
        "origin": str(rule.origin), "period": rule.period, "ground": str(rule.ground),
    }  # fmt: skip


async def _took(look: Look, rule: UUID, what: str, persons: Iterable[UUID], number: int) -> None:
    """One entry for what a rule took in a chunk, and its place in the log of what went."""
    if not number:
        return
    details = {"rule": str(rule), "type": what, "number": number, "look": str(look.row["look_id"])}
    await look.change.append(
        [Act("retention-applied", look.change.controller, PLATFORM, details, persons=tuple(persons))]
    )
    day = look.calendar.day(look.now)
    await look.change.connection.execute(queries.TAKEN, look.change.controller, rule, what, day, number)
