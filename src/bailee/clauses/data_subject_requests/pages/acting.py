"""What the forms of a request's page do, one act each, and what is said of it."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from litestar.datastructures import FormMultiDict

from bailee.clauses.data_subject_requests.commands import Rights
from bailee.clauses.data_subject_requests.events import Identity, Mandate, NotNow
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile, NoSuchRequest
from bailee.clauses.data_subject_requests.ordering import DoesNotFit
from bailee.clauses.data_subject_requests.pages import reading
from bailee.clauses.data_subject_requests.recipients import Excuse
from bailee.clauses.data_subject_requests.requesting import NoSuchPerson, TooLate
from bailee.clauses.data_subject_requests.restricting import TellFirst
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Wrong
from bailee.infra.web.visit import Visit
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

CHANNELS = ("letter", "email", "telephone", "in-person")
IDENTITIES = ("none", "declared", "document")
WRONG: dict[type[Exception], Wrong] = {
    NoSuchRequest: NOT_HERE,
    NoSuchPerson: NOT_HERE,
    ChangedMeanwhile: Wrong(409, "Someone changed this meanwhile", "Load the page anew and look again."),
    TooLate: Wrong(409, "The first month is over", "Time can be extended within the first month only. Answer now."),
    TellFirst: Wrong(
        409, "The person is told first", "Once the letter has left, or someone attests it, it can be lifted."
    ),
}


async def act_on(act: str, id: UUID, sent: FormMultiDict, visit: Visit, rights: Rights) -> str:
    """One act of the page's forms; what is said of it."""
    whose, by, version = visit.whose, str(visit.who), forms.number(sent, "version") or 0
    words, send = forms.text(sent, "words"), forms.text(sent, "send") == "yes"
    do = rights.requests
    match act:
        case "identify":
            await do.identify(whose, id, identity_of(sent), by=by, version=version)
        case "ask-identity":
            await do.ask_identity(whose, id, words, send=send, by=by, version=version)
        case "order":
            one = await rights.keeping.find(whose, id)
            order = reading.order(one, sent, visit.who)
            await do.order(whose, id, order, mandate=mandate(visit), by=by, version=version)
        case "extend":
            await do.extend(whose, id, words, send=send, by=by, version=version)
        case "answer":
            await do.answer(whose, id, words, send=send, by=by, version=version)
        case "refuse":
            await do.refuse(whose, id, forms.text(sent, "ground"), words, send=send, by=by, version=version)
        case "withdraw":
            await do.withdraw(whose, id, by=by, version=version)
        case "tell":
            await rights.recipients.tell(whose, id, by=by)
        case "excuse":
            excuse = cast(Excuse, forms.text(sent, "excuse"))
            if excuse not in ("told-otherwise", "impossible", "disproportionate"):
                raise NotNow("excuse")
            await rights.recipients.excuse(whose, id, forms.text(sent, "recipient"), excuse, by=by)
        case _:
            return await _restricted(act, id, sent, visit, rights)
    return SAID[act]


async def _restricted(act: str, id: UUID, sent: FormMultiDict, visit: Visit, rights: Rights) -> str:
    """What is done about a restriction that stands."""
    whose, by, do = visit.whose, str(visit.who), rights.restricting
    one = await rights.keeping.find(whose, id)
    match act:
        case "announce":
            told_already = forms.text(sent, "told") == "yes"
            await do.announce(whose, id, forms.text(sent, "words"), by=by, told=told_already)
        case "lift":
            await do.lift(whose, id, mandate(visit), by=by)
        case "except" if one.person is not None:
            days = min(forms.number(sent, "days") or 1, 90)
            operation, purpose = forms.text(sent, "operation"), forms.text(sent, "purpose")
            if operation not in set(Operation) or purpose not in set(Purpose):
                raise NotNow("exception")
            until = rights.now() + timedelta(days=days)
            await do.except_(
                whose, one.person, mandate(visit), ground=forms.text(sent, "ground"), purpose=purpose,
                operation=Operation(operation), until=until, about=id,
            )  # fmt: skip
        case _:
            raise NOT_HERE
    return SAID[act]


SAID = {
    "identify": "It is noted how sure it is who asks.",
    "ask-identity": "The question is on its way; the clock runs on.",
    "order": "It is ordered: the oldest request is worked on first.",
    "extend": "Two more months; the person is told why.",
    "answer": "The answer is given.",
    "refuse": "It is refused, with reasons and the way to complain.",
    "withdraw": "The request is withdrawn: nothing is owed any more.",
    "tell": "The recipients whose address is known are written to.",
    "excuse": "It is noted about this recipient.",
    "announce": "The person is told that the restriction will be lifted.",
    "lift": "The restriction is lifted.",
    "except": "The exception stands until its day.",
}


def mandate(visit: Visit, kind: ActorKind = ActorKind.controller_staff) -> Mandate:
    """In the name of whoever visits, until their session ends."""
    return Mandate(Actor(str(visit.who), kind, visit.session.id), visit.session.expires_at)


async def told(work: Any) -> Any:
    """What a command did, or the page that says why it did not."""
    try:
        return await work
    except NotNow as problem:
        raise Wrong(409, "That cannot be done now", f"not-now-{problem.state}") from None
    except DoesNotFit as problem:
        raise Wrong(422, "That does not fit the right that is asked for", f"no-fit-{problem}") from None
    except tuple(WRONG) as problem:
        raise WRONG[type(problem)] from None


def identity_of(sent: FormMultiDict) -> Identity:
    """How sure it is who asks, as a form says it."""
    said = forms.text(sent, "identity")
    return cast(Identity, said) if said in (*IDENTITIES, "signed-in") else "none"
