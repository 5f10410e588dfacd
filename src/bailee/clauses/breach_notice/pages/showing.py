"""What pages of breaches show of a controller's file: its clock, its notices with how they went, its line of time."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.events import Case, Concerned, Sent
from bailee.clauses.breach_notice.evidence import Drawn, drawn, standing
from bailee.clauses.breach_notice.wording import called, listed
from bailee.infra.web.visit import Visit
from bailee.obligations.notices.book import Book, Entered
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Obligation
from bailee.vocabulary.languages import language_of


class Told(msgspec.Struct, frozen=True):
    """A notice as it was written, and how it went."""

    sent: Sent
    entered: Entered | None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A controller's file for the eye. Without a file (it is being opened, or none can stand) the rest is empty."""

    concerned: Concerned
    case: Case | None = None
    standing: str = "waits"
    own: Obligation | None = None
    notices: tuple[Told, ...] = ()
    picture: Drawn | None = None
    late: bool = False

    @property
    def moves(self) -> bool:
        """Whether something is under way that the page should show soon."""
        if self.case is None:
            return not self.concerned.apart
        return self.case.computing or any(
            one.sent.taken_at is None and (one.entered is None or one.entered.standing != "failed")
            for one in self.notices
        )

    @property
    def failed(self) -> bool:
        """Whether a notice did not arrive."""
        return any(one.entered is not None and one.entered.standing == "failed" for one in self.notices)


class Showing:
    """Puts together what is shown of a file."""

    def __init__(self, obligations: Obligations, book: Book) -> None:
        self._obligations = obligations
        self._book = book

    async def shown(self, concerned: Concerned, case: Case | None, now: datetime) -> Shown:
        """One controller's file."""
        if case is None:
            return Shown(concerned=concerned, standing="apart" if concerned.apart else "waits")
        own = await self._one(concerned.controller, case.authority)
        notices = [Told(one, await self._book.one(concerned.controller, one.notice)) for one in case.sent]
        return Shown(
            concerned=concerned, case=case, standing=standing(case), own=own, notices=tuple(notices),
            picture=drawn(case, now, own.promise.due.strict if own else None),
            late=case.late(now),
        )  # fmt: skip

    async def _one(self, controller: UUID, id: UUID | None) -> Obligation | None:
        return await self._obligations.one(controller, id) if id is not None else None


def vocabulary(visit: Visit) -> dict[str, Any]:
    """What pages call things, in the reader's language."""
    language = language_of(visit.language)
    return {
        "called_so": lambda about, term: called(language, about, term),
        "in_a_line": lambda about, terms: listed(language, about, terms),
    }
