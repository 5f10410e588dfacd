"""The page that a letter's link leads to. Fetching it changes nothing, however often and whoever does it."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, Html, Wrong, page
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.obligations.mailbox.answering import (
    Answered,
    Answering,
    NoMoreCodes,
    NotAsked,
    NoteMissing,
    NotSent,
    ShownOtherwise,
    WrongCode,
)
from bailee.obligations.mailbox.intents import Handed, Stale, Unfit
from bailee.obligations.mailbox.questions import masked

Http = Request[Any, Any, Any]
SPENT = Wrong(404, "This link opens nothing", "It was mistyped, or its time has passed. Nothing was changed.")
MEANWHILE = Wrong(
    409, "Things have changed since this was asked", "Nothing was done. A new letter asks anew if need be."
)


class NothingChosen(Exception):
    """A code came, and no answer with it."""


TROUBLE: dict[type[Exception], tuple[int, str]] = {
    WrongCode: (422, "That is not the code, or it is too old. Ask for another."),
    NoMoreCodes: (429, "No other code is sent for this question. Sign in, or answer the letter itself."),
    NotSent: (503, "The code could not be mailed right now. Try again in a few minutes."),
    NoteMissing: (422, "This answer wants a few words with it, in at most a thousand characters."),
    Unfit: (422, "One e-mail address is wanted, and nothing was changed. Look at what you wrote."),
    NothingChosen: (422, "Choose what you want."),
    Answered: (409, "This was answered before."),
}


class ActPages(Controller):
    """Answers without a login."""

    path = "/act"
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 -- the framework's own way

    @get("/{text:str}")
    async def show(self, text: str, visit: Visit, pages: Pages, answering: Answering) -> Html:
        """Exactly what is asked, to whom it was sent, and how it may be answered."""
        return await _page(text, visit, pages, answering)

    @post("/{text:str}")
    async def answer(self, request: Http, text: str, visit: Visit, pages: Pages, answering: Answering) -> Response[Any]:
        """Mail a code to the address on record, or carry the answer out; what it hands over is the answer then."""
        sent = await request.form()
        choice, note = forms.text(sent, "choice"), forms.text(sent, "note")
        try:
            if not choice and not forms.text(sent, "content"):
                await answering.send_code(text)
            elif not choice:
                raise NothingChosen
            else:
                code = forms.text(sent, "code").replace(" ", "")
                handed = await answering.answer(text, choice, content=forms.text(sent, "content"), code=code, note=note)
                if handed is not None:
                    return _handed(handed)
        except NotAsked:
            raise SPENT from None
        except (Stale, ShownOtherwise):
            raise MEANWHILE from None
        except tuple(TROUBLE) as trouble:
            status, words = TROUBLE[type(trouble)]
            return await _page(text, visit, pages, answering, status=status, wrong=words, note=note)
        return await _page(text, visit, pages, answering)


def _handed(handed: Handed) -> Stream:
    """A file, as a download."""
    named = {"content-disposition": f'attachment; filename="{handed.name}"'}
    return Stream(handed.pieces, status_code=200, media_type=handed.media_type, headers=HEADERS | named)


async def _page(
    text: str, visit: Visit, pages: Pages, answering: Answering, *, status: int = 200, wrong: str = "", note: str = ""
) -> Html:
    try:
        shown = await answering.show(text)
    except (NotAsked, ShownOtherwise):
        raise SPENT from None
    return page(
        pages, "act.html", visit, status=status, text=text, shown=shown, to=masked(shown.to), wrong=wrong,
        content=shown.question.content, note=note,
    )  # fmt: skip
