"""Informing: whoever reads the controller's mailbox is told of an instruction on record, and may withdraw it from there.

Once for each instruction, however it came on file; the link opens until the instruction ends, and a year at the most:
then another letter follows.
"""

from datetime import timedelta
from uuid import UUID

from bailee.clauses.instructions import queries
from bailee.clauses.instructions.answering import withdrawing
from bailee.clauses.instructions.evidence import Filed, filed
from bailee.contract import sentences
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations.mailbox.asking import Asking, Spoken
from bailee.obligations.notices.notice import Notice
from bailee.vocabulary.languages import LANGUAGES, Language, language_of

CLAUSE = "instructions.documented"
RENEWED = timedelta(days=14)  # before a link is too old


class Informing:
    """Writes the letters of instructions on record."""

    def __init__(
        self, *, committing: Committing, archive: Archive, asking: Asking, language: Spoken, clock: Clock
    ) -> None:
        self._committing = committing
        self._archive = archive
        self._asking = asking
        self._language = language
        self._clock = clock

    async def due(self, controller: UUID) -> int:
        """Tell of each instruction that no open letter tells of; how many. For the worker."""
        now = self._clock.now()
        dossier = await self._archive.refresh(controller)
        standing = [one for one in filed(dossier, now) if one.state in ("coming", "in-force")] if dossier else []
        if not standing:
            return 0
        language = language_of(await self._language(controller))
        told = 0
        async with self._committing.transaction(controller) as change:
            # whoever else looks at this controller waits here, and finds the letters
            await change.connection.execute(queries.LOCK_TELLING, controller)
            rows = await change.connection.fetch(queries.TOLD, controller)
            opens = {(row["subject"], row["until_at"]) for row in rows}
            for one in standing:
                needed = min(one.until or now + RENEWED, now + RENEWED)
                if not any(subject == _subject(one) and until >= needed for subject, until in opens):
                    await self._tell(change, one, language)
                    told += 1
        return told

    async def _tell(self, change: Transaction, one: Filed, language: Language) -> None:
        said = {each: sentences.spoken(one.text, each) for each in LANGUAGES}
        notice = Notice(
            kind="instruction", clause=CLAUSE, subject=_subject(one), letter="instructions/given",
            values={
                "instruction": one.text.id, "signed_by": ", ".join(one.signatories), "said_en": said["en"],
                "said_fr": said["fr"],
            },
        )  # fmt: skip
        asked = withdrawing(one, said[language], language, self._clock.now())
        await self._asking.ask(change, notice, asked, by="platform", language=language)


def _subject(one: Filed) -> str:
    return f"instruction/{one.text.id}"
