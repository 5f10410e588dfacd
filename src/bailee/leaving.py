"""What leaves with a person, and what leaves with a controller: rows of every room, by the rooms' own statements.

A table that knows a person or a controller and is named neither here nor in the vault's, the gate's or the ledger's
own statements is a defect: tests/integration/test_leaving.py compares with the catalogue.
"""

from bailee.clauses.audits import queries as audits
from bailee.clauses.breach_notice import queries as breaches
from bailee.clauses.confidentiality import queries as staff
from bailee.clauses.contact_data import queries as contacts
from bailee.clauses.data_subject_requests import queries as rights
from bailee.clauses.direct_requests import queries as direct_requests
from bailee.clauses.direct_requests.opendsr import queries as opendsr
from bailee.clauses.impact_assessments import queries as assessments
from bailee.clauses.instructions import queries as instructions
from bailee.clauses.privacy_notice import queries as privacy
from bailee.clauses.processing_register import queries as register
from bailee.clauses.retention import queries as retention
from bailee.clauses.return_and_destruction import queries as ends
from bailee.clauses.security_measures import queries as measures
from bailee.clauses.sub_processors import queries as sub_processors
from bailee.gate import queries as gate
from bailee.obligations import queries as obligations
from bailee.obligations.mailbox import queries as mailbox
from bailee.obligations.notices import queries as notices
from bailee.processing.accounts import queries as accounts
from bailee.processing.accounts.approving import queries as approving
from bailee.processing.accounts.reconciling import queries as reconciling
from bailee.processing.accounts.scim import queries as scim
from bailee.processing.webhooks import queries as webhooks

# $1 the controller, $2 the person
WITH_PERSON: tuple[str, ...] = (
    accounts.DELETE_NAMES, accounts.DELETE_SESSIONS, accounts.DELETE_LINKS, accounts.DELETE_SIGN_IN,
    accounts.DELETE_ACCOUNT, accounts.DELETE_REVIEWS, accounts.NOTE_ERASED, accounts.EXPIRE_IMPORTS,
    scim.DELETE_MEMBERSHIPS, privacy.DELETE_SHOWN, reconciling.ORPHAN_MERGES, reconciling.DELETE_SNAPSHOTS,
    reconciling.DELETE_DISMISSED, rights.DELETE_PARTS_OF_PERSON, rights.DELETE_EXCEPTIONS_OF_PERSON,
    rights.ORPHAN_REQUESTS, ends.TAKE_RETURN_BACK_WITH_PERSON,
)  # fmt: skip
# $1 the controller
WITH_CONTROLLER: tuple[str, ...] = (
    accounts.DELETE_ALL_NAMES, accounts.DELETE_ALL_SESSIONS, accounts.DELETE_ALL_LINKS, accounts.DELETE_ALL_SIGN_INS,
    accounts.DELETE_ALL_ACCOUNTS, accounts.DELETE_ALL_ATTEMPTS, accounts.DELETE_ALL_ROLES, scim.DELETE_ALL_MEMBERS,
    scim.DELETE_ALL_GROUPS, scim.DELETE_ALL_CLAIMS, reconciling.DELETE_ALL_SNAPSHOTS, reconciling.DELETE_ALL_MERGES,
    reconciling.DELETE_ALL_DISMISSED, accounts.DELETE_ALL_REVIEWS, accounts.DELETE_ALL_HANDOVERS,
    approving.DELETE_ALL_APPROVALS, approving.DELETE_TWO_PERSON, rights.DELETE_ALL_PARTS,
    rights.DELETE_ALL_RECIPIENTS, rights.DELETE_ALL_EXCEPTIONS, rights.DELETE_ALL_CHOICES, rights.DELETE_ALL,
    direct_requests.DELETE_REQUESTS, direct_requests.DELETE_MESSAGES, opendsr.DELETE_ALL, privacy.DELETE_ALL_SHOWN,
    privacy.DELETE_ALL_VERSIONS, privacy.DELETE_FILLED, assessments.DELETE_ALL, accounts.DELETE_SIGN_ON,
    instructions.DELETE_DRAFT, instructions.DELETE_DRAFTS, gate.DELETE_SUSPENSIONS, gate.DELETE_COMPELLED,
    notices.DELETE_ALL, breaches.DELETE_CASES, breaches.DELETE_REACHED, breaches.DELETE_BREACHES,
    gate.DELETE_ENGAGEMENTS, sub_processors.DELETE_PROPOSALS, sub_processors.DELETE_DECISIONS,
    register.DELETE_COUNTED, register.DELETE_MONTHS, register.DELETE_VERSIONS, register.DELETE_REQUESTS,
    register.DELETE_GIVEN, notices.DELETE_ALL_DELIVERIES, notices.DELETE_ALL_ATTEMPTS, notices.DELETE_ROUTE,
    mailbox.DELETE_ALL, mailbox.DELETE_ALL_REPLIES, contacts.DELETE_ALL, obligations.DELETE_ALL,
    obligations.DELETE_ALL_EVIDENCE, obligations.DELETE_ALL_CALENDARS, obligations.DELETE_LETTER,
    webhooks.DELETE_ALL_ATTEMPTS, webhooks.DELETE_ALL_DELIVERIES, webhooks.DELETE_ALL, staff.DELETE_MEMBERS,
    staff.DELETE_RECORDS, staff.DELETE_PAPERS, staff.DELETE_DUE, measures.DELETE_ALL, measures.DELETE_KEPT,
    measures.DELETE_INCIDENTS, measures.DELETE_SAID, measures.DELETE_LEVELS, measures.DELETE_LINES,
    audits.DELETE_ALL, audits.DELETE_ALL_PACKS, retention.DELETE_ALL_COUNTS, retention.DELETE_ALL_LOOKS,
    retention.DELETE_ALL_RULES, retention.DELETE_ALL_GONE, retention.DELETE_CLOCK,
)  # fmt: skip
