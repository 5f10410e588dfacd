"""What a person is told of what was carried out and answered in one go, in their language. Pure."""

from bailee.clauses.data_subject_requests.events import Request, Right
from bailee.clauses.data_subject_requests.phrases import named

SAID = {
    "en": "You asked for this by yourself, and it was done at once. What there is to take along waits for you where "
    "you asked for it.",
    "fr": "Vous l'avez demandé vous-même, et ce fut fait aussitôt. Ce qu'il y a à emporter vous attend là où vous "
    "l'avez demandé.",
}
ERASED = {
    "en": "All that was held about you on behalf of our organisation was erased for good.",
    "fr": "Tout ce qui était tenu sur vous pour notre organisation a été effacé pour de bon.",
}
RESTRICTED = {
    "en": "What is held about you on behalf of our organisation is stored from now on, and nothing else is done with it, "
    "unless you consent, or it is for legal claims, for the rights of another person or for an important public interest "
    "(Art. 18(2)). You are told before that ends.",
    "fr": "Ce qui est tenu sur vous pour notre organisation est désormais conservé, et rien d'autre n'en est fait, sauf avec "
    "votre consentement, pour des droits en justice, pour les droits d'une autre personne ou pour un intérêt public "
    "important (art. 18, par. 2). Vous serez averti avant que cela ne cesse.",
}

OBJECTED = {
    "en": "Your data are not used any more for: {purposes}.",
    "fr": "Vos données ne sont plus utilisées pour : {purposes}.",
}

# Whether it was changed.
REVIEWED = {
    "en": {
        False: "A human has looked at the decision; it stands.",
        True: "A human has looked at the decision and changed it.",
    },
    "fr": {
        False: "Une personne a regardé la décision ; elle est maintenue.",
        True: "Une personne a regardé la décision et l'a changée.",
    },
}


def told(one: Request) -> str:
    """The words of the answer."""
    assert one.papers is not None
    assert one.papers.order is not None
    language, review = one.papers.language, one.papers.order.review
    match one.right:
        case Right.erasure:
            return ERASED[language]
        case Right.restriction:
            return RESTRICTED[language]
        case Right.objection:
            return OBJECTED[language].format(purposes=named(one.papers.order.purposes, language))
        case Right.automated_decision if review is not None:
            return f"{REVIEWED[language][review.changed]}\n\n{review.result}"
    return SAID[language]
