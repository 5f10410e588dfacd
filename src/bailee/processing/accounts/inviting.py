"""Letters of accounts: the invitation, the link to sign in anew. In the person's language, with nothing but the link."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bailee.infra.letters import Mail
from bailee.infra.mail import Accepted, Mailing
from bailee.infra.web.visit import Visit
from bailee.infra.web.words import moment
from bailee.processing.accounts.accounts import Accounts, Link
from bailee.processing.accounts.equipping import Equipping
from bailee.processing.accounts.means import Means
from bailee.vocabulary.languages import language_of

FOLDER = Path(__file__).with_name("letters")
SUBJECTS = {
    ("invitation", "en"): "Your account at {name}",
    ("invitation", "fr"): "Votre compte chez {name}",
    ("reset", "en"): "Sign in anew at {name}",
    ("reset", "fr"): "Vous connecter à nouveau chez {name}",
}


class Sent(StrEnum):
    """What became of a letter: mailed; kept in the sandbox's outbox, for want of a server; or neither."""

    mailed = "mailed"
    kept = "kept"
    no = "no"


class Inviting:
    """Writes and sends the letters that carry a link."""

    def __init__(self, *, accounts: Accounts, means: Means, equipping: Equipping, mailing: Mailing) -> None:
        self._accounts = accounts
        self._means = means
        self._equipping = equipping
        self._mailing = mailing
        self._under_way: set[asyncio.Task[None]] = set()
        self._letters = Environment(
            loader=FileSystemLoader(str(FOLDER)), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    async def invite(self, visit: Visit, link: Link, address: str, language: str) -> Sent:
        """Send an invitation; what became of it."""
        return await self._send(link, "invitation", address, language, name=visit.controller_name, origin=visit.origin)

    def later(self, letter: Coroutine[Any, Any, None]) -> None:
        """Write a letter after the answer, so that the answer takes as long whether there is one to write or not."""
        task = asyncio.create_task(letter)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def first(self, visit: Visit, link: Link, address: str, name: str) -> Sent:
        """Send the invitation of a controller's first administrator."""
        return await self._send(link, "invitation", address, visit.language, name=name, origin=visit.origin)

    async def forgotten(self, visit: Visit, controller: UUID, address: str, name: str, lasts: timedelta) -> None:
        """Send a link to sign in anew, if an account that may sign in has this address."""
        account = await self._equipping.account_of(controller, address)
        if account is None or not account.may_sign_in:
            return
        held = await self._means.read(controller, account.person, account.key_id)
        if held is None:
            return
        link = await self._accounts.link(controller, account.person, "reset", by=str(account.person), lasts=lasts)
        own = held.methods.address  # never to what was typed: the letter lets in whoever reads it
        await self._send(link, "reset", own, visit.language, name=name or "bailee", origin=visit.origin)

    async def again(self, visit: Visit, link: Link, kind: str) -> Sent:
        """Send a link of this kind to the address the account signs in with."""
        account = await self._accounts.find(visit.whose, link.person)
        held = account and await self._means.read(visit.whose, link.person, account.key_id)
        if not held:
            return Sent.no
        return await self._send(
            link, kind, held.methods.address, visit.language, name=visit.controller_name, origin=visit.origin
        )

    async def _send(self, link: Link, kind: str, address: str, language: str, *, name: str, origin: str) -> Sent:
        spoken = language_of(language)
        given = {
            "name": name, "link": f"{origin}/link/{link.text}", "until": moment(spoken, link.expires_at),
        }  # fmt: skip
        mail = Mail(
            to=address,
            subject=SUBJECTS[kind, spoken].format(name=name),
            text=self._letters.get_template(f"{kind}.{spoken}.txt").render(given),
            html=self._letters.get_template(f"{kind}.{spoken}.html").render(given),
            language=spoken,
            controller=link.controller,
            person=link.person,
        )
        if not isinstance(await self._mailing.send(mail), Accepted):
            return Sent.no
        return Sent.mailed if self._mailing.has_server else Sent.kept
