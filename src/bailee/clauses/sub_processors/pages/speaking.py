"""What pages of this clause share: the words of categories and obligations, and what went wrong."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.sub_processors import flow_down
from bailee.clauses.sub_processors.mistakes import ChangedMeanwhile, NothingInForce, NothingThere, NotNow
from bailee.contract.authorising import NotAuthorised
from bailee.contract.clauses import BY_ID
from bailee.contract.wording import CATEGORIES, phrases
from bailee.infra.web.answers import NOT_HERE, Wrong
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of

OUTRUN = Wrong(409, "The proposal has changed", "Read it again before you go on.", "subprocessors.list")
STRANGER = Wrong(
    403, "Your signature has no force here",
    "Only those who signed the agreement for your organisation can decide on a sub-processor.", "subprocessors.consent",
)  # fmt: skip
NOT_NOW = Wrong(409, "That step does not go from here", "Load the page anew to see how things stand.")
NO_AGREEMENT = Wrong(409, "No agreement is in force", "There is nothing to decide on yet.", "subprocessors.consent")
UNNAMED = Wrong(422, "Sign with your name", "It stands in the document for as long as it is kept.")


@runtime_checkable
class Signing(Protocol):
    """What signing asks of the house: a fresh proof of presence, and the signer's own key."""

    proven: Callable[[Visit, str], None]
    key: Callable[[Visit], Awaitable[Ed25519PrivateKey]]


@contextmanager
def in_words() -> Iterator[None]:
    """What keeps an act from being done, told to the reader."""
    try:
        yield
    except NothingThere:
        raise NOT_HERE from None
    except ChangedMeanwhile:
        raise OUTRUN from None
    except NotAuthorised:
        raise STRANGER from None
    except NothingInForce:
        raise NO_AGREEMENT from None
    except NotNow:
        raise NOT_NOW from None


def words(visit: Visit) -> dict[str, Any]:
    """The words of data categories and of obligations, for a page."""
    named = phrases(CATEGORIES, language_of(visit.language))
    return {"named": named, "promises": {one: BY_ID[one].promise for one in flow_down.OBLIGATIONS}}
