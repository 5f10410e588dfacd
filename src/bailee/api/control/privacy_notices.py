"""The privacy notice over HTTP: that persons were shown it, for systems that collect data; and who was shown which."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.clauses.privacy_notice.commands import Notices
from bailee.vocabulary.languages import Language

Http = Request[Any, Any, Any]


class ShownIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Persons to whom the notice of today was shown, in a language, when they were taken in or invited."""

    persons: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
    language: Language
    occasion: Literal["invitation", "sign-in", "import", "collection"]


class ShownOut(msgspec.Struct, frozen=True):
    """The digest of the version that each person was shown; persons who are not held are left out."""

    shown: dict[UUID, str]


class SeenOut(msgspec.Struct, frozen=True):
    """A version that a person was shown."""

    digest: str
    language: str
    group: str
    shown_at: datetime
    occasion: str


class PrivacyNotices(Controller):
    """The notice log of one controller."""

    path = "/api/v1/privacy-notice"
    tags = ["privacy notice"]  # noqa: RUF012 -- the framework's own way

    @post("/shown", summary="Record that persons were shown the notice", status_code=200)
    async def shown(
        self, request: Http, data: ShownIn, admission: NamedDependency[Admission], notices: NamedDependency[Notices]
    ) -> ShownOut:
        """Each person's own group decides which notice; a version that was shown before is not recorded again."""
        caller = await admission.member(request)
        found = await notices.show(caller.controller, data.persons, data.language, data.occasion, by=caller.actor.id)
        return ShownOut(found)

    @get("/shown/{person:uuid}", summary="Which versions a person was shown")
    async def seen(
        self, request: Http, person: UUID, admission: NamedDependency[Admission], notices: NamedDependency[Notices]
    ) -> list[SeenOut]:
        """The newest first; empty for whoever is not held."""
        caller = await admission.member(request)
        found = await notices.seen(caller.controller, person)
        return [SeenOut(one.digest, one.language, one.group, one.shown_at, one.occasion) for one in found]
