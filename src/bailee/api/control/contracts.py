"""Controllers, their documents, credentials and record types."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency

from bailee.api.control.admission import Admission, dossier_of
from bailee.api.control.shapes import (
    ControllerIn,
    ControllerOut,
    CredentialIn,
    CredentialListed,
    CredentialOut,
    DocumentIn,
    DocumentOut,
    FiledOut,
    InForceOut,
    RotationIn,
)
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.contract.documents import SignedDocument
from bailee.contract.signing import check_signatures
from bailee.gate.archive import Archive
from bailee.gate.credentials import Caller, Credentials
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock, is_kept
from bailee.ledger.signing import LogKey
from bailee.processing.accounts.approving.issuing import Issuing, Wanted

Http = Request[Any, Any, Any]


class Controllers(Controller):
    """The companies this processor holds data for."""

    path = "/api/v1/controllers"
    tags = ("controllers",)

    @post("/", summary="Take on a controller")
    async def open(
        self,
        request: Http,
        data: ControllerIn,
        admission: NamedDependency[Admission],
        filing: NamedDependency[Filing],
        log_key: NamedDependency[LogKey],
    ) -> ControllerOut:
        """Open a controller's dossier; nothing is in force yet, so nothing is allowed."""
        caller = await admission.operator(request)
        controller = await filing.open_dossier(data.name, by=caller.actor.id)
        return ControllerOut(controller, data.name, log_key.verifier(controller))

    @get("/", summary="List the controllers")
    async def listed(
        self,
        request: Http,
        admission: NamedDependency[Admission],
        filing: NamedDependency[Filing],
        log_key: NamedDependency[LogKey],
    ) -> list[ControllerOut]:
        """Every controller of this processor: companies, no people."""
        await admission.operator(request)
        return [
            ControllerOut(one.id, one.name, log_key.verifier(one.id))
            for one in await filing.listed()
            if one.kind == "controller"
        ]


class Documents(Controller):
    """Agreements, amendments, instructions: filed as signed, never edited."""

    path = "/api/v1/controllers/{controller:uuid}"
    tags = ("documents",)

    @post("/documents", summary="File a signed document")
    async def file(
        self,
        request: Http,
        controller: UUID,
        data: DocumentIn,
        admission: NamedDependency[Admission],
        filing: NamedDependency[Filing],
    ) -> FiledOut:
        """File a document whose signatures verify; it has force from the date it says."""
        caller = await admission.party(request, controller)
        document = signed(data)
        by_processor_alone(document, caller, controller)
        if document.kind == "end":
            raise Refusing(problem(422, "document", "An end is filed where it takes effect", "POST it to …/end."))
        recorded = await filing.file(controller, document, by=caller.actor.id)
        return FiledOut(document.digest, recorded.name)

    @get("/documents", summary="List the documents on file")
    async def on_file(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], filing: NamedDependency[Filing]
    ) -> list[DocumentOut]:
        """Kinds, digests and signatories, oldest first."""
        await admission.party(request, controller)
        return [
            DocumentOut(one.kind, one.digest, [signature.name for signature in one.signatures])
            for one in await filing.documents(controller)
        ]

    @get("/agreement", summary="Read what is in force now")
    async def in_force(
        self,
        request: Http,
        controller: UUID,
        admission: NamedDependency[Admission],
        archive: NamedDependency[Archive],
        clock: NamedDependency[Clock],
    ) -> InForceOut:
        """The agreement and the instructions in force at this moment."""
        await admission.party(request, controller)
        dossier = await dossier_of(archive, controller)
        found = dossier.in_force(clock.now())
        if found is None:
            return InForceOut(None, False, [], None, None)
        return InForceOut(
            found.digest, True, [one.id for one in found.instructions], found.ended_at,
            msgspec.json.decode(found.agreement.canonical()),
        )  # fmt: skip


class CredentialsOf(Controller):
    """Credentials: bound to an actor, a controller, purposes and an end. Where a controller wants a second person for
    them, 409 names the approval, and the same request is sent again when it is given."""

    path = "/api/v1/controllers/{controller:uuid}/credentials"
    tags = ("credentials",)

    @post("/", summary="Issue a credential")
    async def issue(
        self, request: Http, controller: UUID, data: CredentialIn, admission: NamedDependency[Admission],
        issuing: NamedDependency[Issuing], clock: NamedDependency[Clock],
    ) -> CredentialOut:  # fmt: skip
        """Issue a credential; its text is shown this once and kept nowhere."""
        caller = await admission.party(request, controller)
        if data.expires_at <= clock.now() or not is_kept(data.expires_at):
            raise Refusing(problem(422, "data", "The credential would be over already", "Name an end in the future."))
        if caller.controller == controller and data.kind.of_processor:
            remedy = "Name a kind of your own side: for the processor's own the processor answers, and issues to them."
            raise Refusing(problem(403, "actor", "A party lets in its own", remedy, clause="services.access"))
        wanted = Wanted(data.actor, data.kind, tuple(map(str, data.purposes)), data.expires_at)
        issued = await issuing.issue(controller, wanted, door=request.url.path, by=caller.actor.id)
        return CredentialOut(issued.credential, issued.text, issued.expires_at)

    @get("/", summary="List the credentials")
    async def listed(
        self,
        request: Http,
        controller: UUID,
        admission: NamedDependency[Admission],
        credentials: NamedDependency[Credentials],
    ) -> list[CredentialListed]:
        """Every credential, in force or not, without secrets."""
        await admission.party(request, controller)
        return [
            CredentialListed(
                one.credential, one.actor, one.actor_kind, list(one.purposes), one.created_at, one.expires_at,
                one.revoked_at, one.used_at, one.replaced_by,
            )
            for one in await credentials.listed(controller)
        ]  # fmt: skip

    @post("/{credential:uuid}/rotation", summary="Rotate a credential")
    async def rotate(
        self, request: Http, controller: UUID, credential: UUID, data: RotationIn, admission: NamedDependency[Admission],
        issuing: NamedDependency[Issuing],
    ) -> CredentialOut:  # fmt: skip
        """Another credential in its place, for the same actor, purposes and length of time; the old one ends after the
        overlap. Its text is shown this once."""
        caller = await admission.party(request, controller)
        overlap = timedelta(hours=data.overlap_hours)
        issued = await issuing.rotate(
            controller, credential, overlap=overlap, door=request.url.path, by=caller.actor.id,
            side="controller" if caller.controller == controller else "processor",
        )  # fmt: skip
        if issued is None:
            raise Refusing(UNKNOWN)
        return CredentialOut(issued.credential, issued.text, issued.expires_at)

    @delete("/{credential:uuid}", summary="Revoke a credential", status_code=204)
    async def revoke(
        self,
        request: Http,
        controller: UUID,
        credential: UUID,
        admission: NamedDependency[Admission],
        credentials: NamedDependency[Credentials],
    ) -> None:
        """Revoke a credential; it bites on every worker with its next request."""
        caller = await admission.party(request, controller)
        if not await credentials.revoke(controller, credential, by=caller.actor.id):
            raise Refusing(UNKNOWN)


def signed(data: DocumentIn) -> SignedDocument:
    """The document as sent, if its form, its canonical bytes and its signatures are good."""
    parts = {
        "kind": data.kind, "content": base64.b64encode(data.content.encode()).decode(), "signatures": data.signatures,
        "method": data.method, "pdf_digest": _pdf_digest(data) if data.method == "pdf" else "",
    }  # fmt: skip
    try:
        document = msgspec.convert(parts, SignedDocument)
    except msgspec.ValidationError as error:
        raise Refusing(problem(422, "document", "Not a signed document", "Mend it.", detail=str(error))) from error
    problems = check_signatures(document)
    if problems:
        remedy = "Mend everything in `errors`, then sign it again."
        errors = tuple(("", one) for one in problems)
        raise Refusing(problem(422, "document", "The document cannot be filed", remedy, errors=errors))
    return document


def _pdf_digest(data: DocumentIn) -> str:
    """The SHA-256 of the signed PDF, once its signature has been found good."""
    from bailee.infra import pdf_signature  # heavy, and only a PDF needs it

    try:
        content = base64.b64decode(data.pdf, validate=True)
    except ValueError as error:
        raise Refusing(problem(422, "pdf", "The PDF is not base64", "Send the signed PDF in base64.")) from error
    verdict = pdf_signature.validate_content(content)
    if not verdict.good:
        raise Refusing(problem(422, "pdf", f"The PDF's signature does not hold: {verdict.words}", "Sign it again."))
    return hashlib.sha256(content).hexdigest()


def by_processor_alone(document: SignedDocument, caller: Caller, controller: UUID) -> None:
    """What a party cannot file by itself: an agreement, and anything whose signatures are in a PDF."""
    if caller.controller == controller and (document.kind == "agreement" or document.method == "pdf"):
        remedy = "Give the signed document to the processor: it is a party to it, looks at it, and files it."
        raise Refusing(problem(403, "filing", "A party cannot file this alone", remedy, clause="instructions.written"))
