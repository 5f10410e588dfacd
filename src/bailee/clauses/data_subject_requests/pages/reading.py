"""What forms of requests say, read: orders, and nothing that is not one. Pure."""

from uuid import UUID

from litestar.datastructures import FormMultiDict

from bailee.clauses.data_subject_requests.events import Request, Right
from bailee.clauses.data_subject_requests.papers import Correction, Kept, Order, Review, Target, Weighed
from bailee.infra.web import forms
from bailee.vault.profile import PROFILE, TYPE

PAIRS = 4


def order(one: Request, sent: FormMultiDict, who: UUID) -> Order:
    """The order that a form gives for the right that the request is about."""
    match one.right:
        case Right.rectification:
            return Order(corrections=_corrections(sent))
        case Right.erasure:
            return Order(kept=_kept(sent))
        case Right.restriction:
            return Order(ground=forms.text(sent, "ground"))
        case Right.objection:
            return _objection(sent)
        case Right.portability:
            return Order(target=_target(sent))
        case Right.automated_decision:
            review = Review(
                decision=forms.text(sent, "decision"),
                reviewer=str(who),
                changed=forms.text(sent, "changed") == "yes",
                result=forms.text(sent, "result"),
            )
            return Order(review=review)
        case _:
            return Order()


def _corrections(sent: FormMultiDict) -> tuple[Correction, ...]:
    patch: dict[str, object] = {}
    for number in range(PAIRS):
        name, value = forms.text(sent, f"field-{number}"), forms.text(sent, f"value-{number}")
        whole, _, part = name.partition(".")
        if whole not in TYPE.fields or bool(part) is not (whole == "postal_address"):
            continue
        if part:
            inner = patch.setdefault(whole, {})
            assert isinstance(inner, dict)
            inner[part] = value or None
        else:
            patch[whole] = value or None
    return (Correction(PROFILE, forms.id_of(sent, "record"), patch),) if patch else ()


def _kept(sent: FormMultiDict) -> tuple[Kept, ...]:
    found = []
    for text in sent.getall("keep", []):
        try:
            record = UUID(str(text))
        except ValueError:
            continue
        found.append(Kept(record, forms.text(sent, f"ground-{record}"), forms.text(sent, f"reason-{record}")))
    return tuple(found)


def _objection(sent: FormMultiDict) -> Order:
    stops, weighed = [], []
    for name in dict.fromkeys(str(one) for one in sent.getall("purpose", [])):
        grounds = forms.text(sent, f"grounds-{name}")
        if forms.text(sent, f"does-{name}") == "goes-on":
            weighed.append(Weighed(name, grounds))
        else:
            stops.append(name)
    return Order(purposes=tuple(stops), weighed=tuple(weighed))


def _target(sent: FormMultiDict) -> Target | None:
    recipient, url = forms.text(sent, "recipient")[:200], forms.text(sent, "url")
    return Target(recipient, url, forms.text(sent, "country").upper()[:2]) if recipient or url else None
