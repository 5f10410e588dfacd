"""What a question shows and what a reply says, sealed.

A reply lies under the key of its notice, and goes when the notice's text goes. A question has to open for as long as what
it asks about is open: it lies under a key of the controller's own, and holds what is shown and nothing else of its letter.
"""

from bailee.infra.keys.key import NotAsSealed
from bailee.infra.keys.rows import Rows
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.replies import Replied

UNDER = "mailbox"  # the key that questions lie under


class Altered(NotAsSealed):
    """A stored question or reply does not open as itself."""


QUESTIONS = Rows("mailbox", Question, Altered)
REPLIES = Rows("mailbox", Replied, Altered)
