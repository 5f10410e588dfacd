"""Uploads: the lines of a file are data of people too. Looking at them is ruled and recorded like any access, and a job
is its uploader's alone."""

from bailee.contract.ruling import Refusal
from bailee.gate.passage import Passage
from bailee.infra.web.answers import NOT_HERE
from bailee.infra.web.visit import Visit
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.processing.accounts.import_jobs import Job
from bailee.processing.accounts.pages.asking import ask, granted
from bailee.vocabulary.operations import Operation


class Uploads:
    """Opens the lines of uploads to who sent them."""

    def __init__(self, *, passage: Passage, appending: Appending) -> None:
        self._passage = passage
        self._appending = appending

    async def open(self, visit: Visit, job: Job, what: str) -> None:
        """Rule and record that lines are looked at: `what` of them."""
        own(visit, job)
        dossier = await self._passage.dossier(visit.whose)
        permit = self._passage.rule(dossier, ask(visit, Operation.consult))
        if isinstance(permit, Refusal):
            granted(await self._passage.refuse(permit))
        details = {"import": str(job.id), "what": what}
        await self._appending.append_one(Act("upload-read", visit.whose, str(visit.who), details))


def own(visit: Visit, job: Job) -> None:
    """The job is the visitor's own, or there is nothing here."""
    if job.mandate.actor.id != str(visit.who):
        raise NOT_HERE
