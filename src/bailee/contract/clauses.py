"""The register of clauses: every duty by its stable id, in a few words, and where it stands."""

from typing import Literal

import msgspec

State = Literal["built", "partly", "next"]


class Clause(msgspec.Struct, frozen=True):
    """One duty: its id, its promise, its source in law, how far it is, and by which mechanism."""

    id: str
    promise: str
    law: str
    state: State
    mechanism: str


def _c(id: str, promise: str, law: str, state: State = "next", mechanism: str = "") -> Clause:
    return Clause(id, promise, law, state, mechanism)


CLAUSES = (
    _c("roles.ownership", "Data belong to the controller alone", "Art. 28(3)", "built", "isolation by controller"),
    _c("instructions.documented", "Nothing without a documented instruction", "Art. 28(3)(a)", "built", "ruling"),
    _c("instructions.contract-counts", "The agreed services are standing instructions", "Art. 28(3)(a)", "built", "ruling"),
    _c("instructions.written", "Instructions come in writing and are kept as given", "Art. 28(3)(a)", "built", "sentences, drafts read critically, originals kept"),
    _c("instructions.challenge", "An unlawful instruction is challenged at once", "Art. 28(3)", "built", "challenge, suspension at the gate"),
    _c("instructions.legal-compulsion", "Compelled processing is told beforehand", "Art. 28(3)(a), 48", "built", "orders: two approve, told first, exact scope"),
    _c("purposes.limited", "No purpose but those agreed", "Art. 5(1)(b), 28(3)(a)", "built", "ruling"),
    _c("purposes.processor", "The processor's purposes are few and named", "Art. 28(10)", "built", "ruling"),
    _c("purposes.controller", "The controller's own purposes are off until it switches them on", "Art. 4(7)", "built", "ruling"),
    _c("autonomy.self-service", "The processor's staff never act in the controller's place", "Art. 28(3)(a)", "built", "console, API, SCIM; ruling"),
    _c("liability.handover", "Downloads and onward transfers are handed over on record", "Art. 82", "built", "handover register with digests; sends and webhooks recorded as transmissions"),
    _c("services.storage", "Storage under a key per person", "Art. 32(1)(a)", "built", "vault"),
    _c("services.backup", "Backups that are proven by restoring", "Art. 32(1)(c)"),
    _c("services.access", "Accounts and authorisations", "Art. 32(1)(b)", "built", "accounts, roles, a second person, reviews, passkeys, credentials"),
    _c("services.support", "Support sees data only in a session the controller grants", "Art. 28(3)(a)"),
    _c("services.monitoring", "Performance and security are watched without personal data", "Art. 32(1)(d)"),
    _c("accounts.lifecycle", "Accounts from invitation to deletion", "Art. 5(1)(d)", "built", "invitation to erasure by console, API and SCIM"),
    _c("data.profile", "The profile has exactly the agreed fields", "Art. 5(1)(c)", "built", "built-in record type, normal forms, photographs"),
    _c("data.majority", "A date of birth only proves majority", "Art. 5(1)(c), 8", "built", "majority check: the answer stays, the date goes"),
    _c("data.technical", "Technical data are kept apart and sealed", "Art. 5(1)(c)", "built", "log of sign-ins, sealed, with two ends"),
    _c("data.groups", "Every person is in a group", "Art. 28(3)", "built", "person row"),
    _c("data.custom", "Other data are declared before they are held", "Art. 5(1)(b)", "built", "declared record types"),
    _c("retention.necessary", "Nothing is kept longer than needed", "Art. 5(1)(e)", "built", "rules by type, group and purpose; previewed, confirmed, carried out by day"),
    _c("retention.controller-max", "A controller's rules end after ten years at most", "Art. 5(1)(e)", "built", "rule check against the agreed most"),
    _c("retention.processor-max", "The processor deletes in time after the end", "Art. 28(3)(g)", "built", "destruction"),
    _c("retention.archive", "Archives and holds are apart, reasoned and ended", "Art. 17(3), 89"),
    _c("retention.law-notice", "A legal duty to keep is told", "Art. 28(3)(g)"),
    _c("retention.anonymise", "Anonymised data are measured, originals go", "Recital 26"),
    _c("staff.confidentiality", "Staff without an undertaking are refused", "Art. 28(3)(b)", "partly", "standing"),
    _c("staff.training", "Staff without training are refused", "Art. 32(4), 39(1)(b)", "partly", "standing"),
    _c("security.confidentiality", "No access by anyone unauthorised", "Art. 32(1)(b)", "built", "gate, row-level security, keys"),
    _c("security.by-design", "Protection by design and by default", "Art. 25", "partly", "closed defaults"),
    _c("security.measures", "Measures with a live probe each", "Art. 32(1)"),
    _c("security.no-regression", "A measure is only replaced by a better one", "Art. 32(1)(d)"),
    _c("breach.notify", "A breach is told as soon as possible", "Art. 33(2)"),
    _c("breach.content", "Who and how many is computed", "Art. 33(3)"),
    _c("breach.help", "The controller gets what it must send on", "Art. 28(3)(f), 33, 34"),
    _c("rights.tools", "The controller has a tool for every right", "Art. 12-22, 28(3)(e)", "built", "requests with clocks, carried out through the gate; console, API"),
    _c("rights.inform", "Persons are informed by the controller", "Art. 13, 14", "partly", "privacy notice made from what is in force, versioned, hosted; notice log"),
    _c("rights.guidance", "Guidance beside each right", "Art. 28(3)(e)", "built", "guides in the documentation and the console"),
    _c("rights.complaint", "A complaint is passed on in time", "Art. 77", "built", "intake by mail, form and API; 72-hour clock"),
    _c("rights.forward", "A direct request is forwarded, never answered", "Art. 28(3)(e)", "built", "intake by mail, form and API; signed envelope"),
    _c("rights.recipients", "Recipients hear of rectification and erasure", "Art. 19", "built", "recipients recorded, told, or excused"),
    _c("subprocessors.list", "The whole chain is listed, always current", "Art. 28(2), 28(4)"),
    _c("subprocessors.consent", "Outside the EU nothing flows before consent", "Art. 28(2)"),
    _c("subprocessors.free", "Inside the EU controllers are told", "Art. 28(2)"),
    _c("subprocessors.flow-down", "The same duties bind each sub-processor", "Art. 28(4)"),
    _c("subprocessors.tools", "Tools connect only without personal data", "Art. 28(3)(a)"),
    _c("residency.eu", "Servers are in the European Union", "Art. 44", "partly", "start-up check of regions"),
    _c("transfers.consent", "No third country without written consent", "Art. 28(3)(a), 44", "partly", "ruling by place"),
    _c("transfers.mechanism", "Every transfer has its mechanism", "Art. 45-49"),
    _c("transfers.compelled", "A compelled transfer is told beforehand", "Art. 28(3)(a), 48", "built", "orders of the law"),
    _c("transfers.adequacy-change", "A change of adequacy is told and acted on", "Art. 45(5)"),
    _c("register.art30-2", "The register is made from what is in force and what happened", "Art. 30(2)"),
    _c("register.on-request", "The register is given on request", "Art. 30(4)"),
    _c("audits.respond", "Audits are answered", "Art. 28(3)(h)"),
    _c("audits.notice", "Audits are announced in working days", "Art. 28(3)(h)"),
    _c("audits.refuse", "An auditor may be refused with a reason", "Art. 28(3)(h)"),
    _c("audits.costs", "The costs are the controller's, and shown", "Art. 28(3)(h)"),
    _c("audits.evidence", "Evidence that an auditor verifies alone", "Art. 28(3)(h), 5(2)", "partly", "ledger, bailee-verify"),
    _c("dpia.assist", "Help with impact assessments", "Art. 28(3)(f), 35"),
    _c("dpia.conclusions", "Conclusions become tracked actions", "Art. 35"),
    _c("end.return", "Everything is returned", "Art. 28(3)(g)", "built", "return bundle"),
    _c("end.destroy", "Every remaining copy is destroyed in time", "Art. 28(3)(g)", "built", "destruction"),
    _c("end.proof", "A certificate that anyone verifies", "Art. 28(3)(h)", "built", "certificate, bailee verify"),
    _c("parties.dpo", "Officers are known, changes told", "Art. 37(7)", "built", "history of officers, notices of changes"),
    _c("parties.addresses", "Notices reach the agreed addresses", "Art. 28(3)", "built", "notices, outbox with proof, confirmed addresses"),
    _c("parties.contacts", "Contact data are each party's own processing", "Art. 6(1)(b), 6(1)(f)"),
    _c("parties.cooperation", "Both see who owes what by when", "Art. 28(3)(f), 32-36", "built", "inbox of obligations, calendars, ledger"),
    _c("parties.controller-duties", "The controller's own duties are its checklist", "Art. 24"),
)  # fmt: skip
BY_ID = {clause.id: clause for clause in CLAUSES}
