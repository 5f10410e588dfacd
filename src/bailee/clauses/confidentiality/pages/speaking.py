"""What pages of this clause share: a proof of presence with one's own key, and what went wrong, told to the reader."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.confidentiality.mistakes import ChangedMeanwhile, Faulty, NothingThere, NotNow
from bailee.infra.web.answers import NOT_HERE, Wrong
from bailee.infra.web.visit import Visit

CLAUSE = "staff.confidentiality"
OUTRUN = Wrong(409, "The words have changed", "Read them again before you go on.", CLAUSE)
NOT_NOW = Wrong(409, "That step does not go from here", "Load the page anew to see how things stand.", CLAUSE)
UNNAMED = Wrong(422, "Sign with your name", "It stands in the document for as long as it is kept.", CLAUSE)
FAULTS = {
    "label": "A label is in small letters and digits, with : . _ or - between them; never a name.",
    "known-already": "Someone in the register has this label already.",
    "paper": "A document of at most 500 kB belongs to an undertaking on paper.",
    "reference": "Name the law that imposes the duty of secrecy.",
    "days": "A day is missing, is still to come, or the last day is before the first.",
    "training": "Say what the training was about, and who gave it.",
    "evidence": "Name what shows the training by its SHA-256, or hand the document over.",
}


class Own:
    """What signing for oneself asks of the house: a fresh proof of presence, and the signer's own key."""

    def __init__(
        self, proven: Callable[[Visit, str], None], key: Callable[[Visit], Awaitable[Ed25519PrivateKey]]
    ) -> None:
        self.proven = proven
        self.key = key


@contextmanager
def in_words() -> Iterator[None]:
    """What keeps an act from being done, told to the reader."""
    try:
        yield
    except NothingThere:
        raise NOT_HERE from None
    except ChangedMeanwhile:
        raise OUTRUN from None
    except NotNow:
        raise NOT_NOW from None
    except Faulty as faulty:
        raise Wrong(422, "This cannot be recorded as it is", FAULTS[faulty.args[0]], CLAUSE) from None
