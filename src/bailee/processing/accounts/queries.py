"""The SQL of accounts, by name. Every statement carries the controller."""

INSERT_ACCOUNT = """
INSERT INTO bailee.account (controller_id, person_id, state, roles, version, created_at, changed_at)
VALUES ($1, $2, $3, $4, 1, $5, $5)
"""
ACCOUNT = """
SELECT a.person_id, a.state, a.roles, a.version, a.created_at, a.changed_at, a.closes_at, a.closing_own, a.signed_in_at,
       a.reviewed_at, p.state AS person_state, p.key_id, p.groups
FROM bailee.account a
JOIN bailee.person p ON p.controller_id = a.controller_id AND p.person_id = a.person_id
WHERE a.controller_id = $1 AND a.person_id = $2
"""
LOCK_ACCOUNT = """
SELECT person_id, state, roles, version, closes_at, closing_from, closing_own FROM bailee.account
WHERE controller_id = $1 AND person_id = $2 FOR NO KEY UPDATE
"""
ACCOUNTS = """
SELECT a.person_id, a.state, a.roles, a.version, a.created_at, a.changed_at, a.closes_at, a.closing_own, a.signed_in_at,
       a.reviewed_at, p.state AS person_state, p.key_id, p.groups
FROM bailee.account a
JOIN bailee.person p ON p.controller_id = a.controller_id AND p.person_id = a.person_id
WHERE a.controller_id = $1 AND a.person_id = ANY ($2::uuid[])
"""
ACCOUNTS_WITH_ROLES = """
SELECT a.person_id, a.state, a.roles, a.version, a.created_at, a.changed_at, a.closes_at, a.closing_own, a.signed_in_at,
       a.reviewed_at, p.state AS person_state, p.key_id, p.groups
FROM bailee.account a
JOIN bailee.person p ON p.controller_id = a.controller_id AND p.person_id = a.person_id
WHERE a.controller_id = $1 AND cardinality(a.roles) > 0 AND p.state = 'living'
ORDER BY a.person_id LIMIT $2
"""
CHANGE_ACCOUNT = """
UPDATE bailee.account SET state = $3, roles = $4, closes_at = $5, closing_from = $7, closing_own = $8,
    version = version + 1, changed_at = $6
WHERE controller_id = $1 AND person_id = $2
"""
DELETE_ACCOUNT = "DELETE FROM bailee.account WHERE controller_id = $1 AND person_id = $2"
DELETE_SIGN_IN = "DELETE FROM bailee.sign_in WHERE controller_id = $1 AND person_id = $2"
DELETE_SESSIONS = "DELETE FROM bailee.session WHERE controller_id = $1 AND person_id = $2"
DELETE_LINKS = "DELETE FROM bailee.link WHERE controller_id = $1 AND person_id = $2"
DELETE_ALL_ACCOUNTS = "DELETE FROM bailee.account WHERE controller_id = $1"
DELETE_ALL_SIGN_INS = "DELETE FROM bailee.sign_in WHERE controller_id = $1"
DELETE_ALL_NAMES = "DELETE FROM bailee.sign_in_name WHERE controller_id = $1"
DELETE_ALL_SESSIONS = "DELETE FROM bailee.session WHERE controller_id = $1"
DELETE_ALL_LINKS = "DELETE FROM bailee.link WHERE controller_id = $1"
DELETE_ALL_ATTEMPTS = "DELETE FROM bailee.attempt WHERE controller_id = $1"
DELETE_ALL_ROLES = "DELETE FROM bailee.role WHERE controller_id = $1"
REVIEWED = "UPDATE bailee.account SET reviewed_at = $3 WHERE controller_id = $1 AND person_id = $2"
INSERT_HANDOVER = """
INSERT INTO bailee.handover
    (controller_id, handover_id, actor, at, form, categories, persons, complete, digest, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
HANDOVERS = """
SELECT * FROM bailee.handover WHERE controller_id = $1 AND handover_id < $2 ORDER BY handover_id DESC LIMIT $3
"""
DELETE_ALL_HANDOVERS = "DELETE FROM bailee.handover WHERE controller_id = $1"
INSERT_REVIEW = """
INSERT INTO bailee.access_review
    (controller_id, review_id, person_id, decision, roles_before, roles_after, decided_by, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
REVIEWS = "SELECT * FROM bailee.access_review WHERE controller_id = $1 ORDER BY review_id DESC LIMIT $2"
DELETE_REVIEWS = "DELETE FROM bailee.access_review WHERE controller_id = $1 AND person_id = $2"
DELETE_ALL_REVIEWS = "DELETE FROM bailee.access_review WHERE controller_id = $1"
SIGNED_IN = "UPDATE bailee.account SET signed_in_at = $3 WHERE controller_id = $1 AND person_id = $2"
LOCK_ADMINISTRATORS = """
SELECT a.person_id FROM bailee.account a
JOIN bailee.person p ON p.controller_id = a.controller_id AND p.person_id = a.person_id
WHERE a.controller_id = $1 AND a.roles && $2::text[] AND a.state = 'active' AND p.state = 'living'
ORDER BY a.person_id FOR NO KEY UPDATE OF a
"""
CLOSING_DUE = """
SELECT person_id FROM bailee.account WHERE controller_id = $1 AND state = 'closing' AND closes_at <= $2
ORDER BY person_id LIMIT 100
"""
COUNT_STATES = "SELECT state, count(*) AS accounts FROM bailee.account WHERE controller_id = $1 GROUP BY state"

INSERT_SIGN_IN = """
INSERT INTO bailee.sign_in (controller_id, person_id, version, sealed) VALUES ($1, $2, $3, $4)
"""
SIGN_IN = "SELECT version, sealed FROM bailee.sign_in WHERE controller_id = $1 AND person_id = $2"
CHANGE_SIGN_IN = """
UPDATE bailee.sign_in SET version = $3 + 1, sealed = $4
WHERE controller_id = $1 AND person_id = $2 AND version = $3 RETURNING version
"""
INSERT_NAME = "INSERT INTO bailee.sign_in_name (controller_id, tag, person_id) VALUES ($1, $2, $3)"
NAMED = "SELECT person_id FROM bailee.sign_in_name WHERE controller_id = $1 AND tag = $2"
DELETE_NAMES = "DELETE FROM bailee.sign_in_name WHERE controller_id = $1 AND person_id = $2"

INSERT_SESSION = """
INSERT INTO bailee.session (controller_id, session_id, person_id, secret_digest, methods, created_at, seen_at,
    expires_at, proven_at, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $6, $8)
"""
SESSION = """
SELECT s.session_id, s.person_id, s.secret_digest, s.methods, s.created_at, s.seen_at, s.expires_at, s.proven_at,
       s.ended_at, a.state, a.closing_own, a.roles, p.state AS person_state
FROM bailee.session s
JOIN bailee.account a ON a.controller_id = s.controller_id AND a.person_id = s.person_id
JOIN bailee.person p ON p.controller_id = s.controller_id AND p.person_id = s.person_id
WHERE s.controller_id = $1 AND s.session_id = $2
"""
SESSIONS = """
SELECT session_id, methods, created_at, seen_at, expires_at, sealed FROM bailee.session
WHERE controller_id = $1 AND person_id = $2 AND ended_at IS NULL AND expires_at > $3 ORDER BY seen_at DESC
"""
SEEN = "UPDATE bailee.session SET seen_at = $3 WHERE controller_id = $1 AND session_id = $2"
PROVEN = "UPDATE bailee.session SET proven_at = $3 WHERE controller_id = $1 AND session_id = $2"
END_SESSION = """
UPDATE bailee.session SET ended_at = $4
WHERE controller_id = $1 AND person_id = $2 AND session_id = $3 AND ended_at IS NULL RETURNING session_id
"""
END_SESSIONS = """
UPDATE bailee.session SET ended_at = $3
WHERE controller_id = $1 AND person_id = $2 AND ended_at IS NULL AND session_id <> $4
"""
FORGET_SESSIONS = "DELETE FROM bailee.session WHERE controller_id = $1 AND expires_at < $2"

SIGN_ON = "SELECT version, sealed FROM bailee.sign_on WHERE controller_id = $1"
PUT_SIGN_ON = """
INSERT INTO bailee.sign_on (controller_id, version, changed_at, sealed) VALUES ($1, $2, $3, $4)
ON CONFLICT (controller_id) DO UPDATE SET version = $2, changed_at = $3, sealed = $4
"""
DELETE_SIGN_ON = "DELETE FROM bailee.sign_on WHERE controller_id = $1"

INSERT_LINK = """
INSERT INTO bailee.link (controller_id, link_id, person_id, kind, secret_digest, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
LINK = """
SELECT person_id, kind, secret_digest, expires_at, used_at FROM bailee.link WHERE controller_id = $1 AND link_id = $2
"""
USE_LINK = """
UPDATE bailee.link SET used_at = $3
WHERE controller_id = $1 AND link_id = $2 AND used_at IS NULL AND expires_at > $3 RETURNING person_id
"""
VOID_LINKS = """
UPDATE bailee.link SET used_at = $4 WHERE controller_id = $1 AND person_id = $2 AND kind = $3 AND used_at IS NULL
"""
VOID_ALL_LINKS = """
UPDATE bailee.link SET used_at = $3 WHERE controller_id = $1 AND person_id = $2 AND used_at IS NULL
"""
FORGET_LINKS = "DELETE FROM bailee.link WHERE controller_id = $1 AND expires_at < $2"

# A tally that nobody has yet cannot be locked: it is made, empty, so that the first guesses wait for each other too.
LOCK_ATTEMPT = """
INSERT INTO bailee.attempt AS held (controller_id, tag, failures, failed_at) VALUES ($1, $2, 0, $3)
ON CONFLICT (controller_id, tag) DO UPDATE SET failures = held.failures RETURNING failures, failed_at
"""
PUT_ATTEMPT = """
INSERT INTO bailee.attempt (controller_id, tag, failures, failed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (controller_id, tag) DO UPDATE SET failures = $3, failed_at = $4
"""
SPEND = """
INSERT INTO bailee.attempt (controller_id, tag, failures, failed_at) VALUES ($1, $2, 0, $3)
ON CONFLICT (controller_id, tag) DO NOTHING RETURNING tag
"""
FORGIVE = "DELETE FROM bailee.attempt WHERE controller_id = $1 AND tag = ANY ($2::bytea[])"
FORGET_ATTEMPTS = "DELETE FROM bailee.attempt WHERE controller_id = $1 AND failed_at < $2"

ROLES = "SELECT role, permissions FROM bailee.role WHERE controller_id = $1 ORDER BY role"
PUT_ROLE = """
INSERT INTO bailee.role (controller_id, role, permissions, made_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (controller_id, role) DO UPDATE SET permissions = $3
"""
DELETE_ROLE = "DELETE FROM bailee.role WHERE controller_id = $1 AND role = $2"

# Imports.
INSERT_IMPORT = """
INSERT INTO bailee.import_job
    (controller_id, job_id, state, actor, actor_kind, credential_id, purpose, allowed_until, format, digest, bytes,
     lines, parts, next_part, created, updated, skipped, rejected, uploaded_at, changed_at, expires_at, sealed)
VALUES ($1, $2, 'uploaded', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, 0, 0, $13, $13, $14, $15)
"""
IMPORT = "SELECT * FROM bailee.import_job WHERE controller_id = $1 AND job_id = $2"
IMPORTS = "SELECT * FROM bailee.import_job WHERE controller_id = $1 ORDER BY job_id DESC LIMIT $2"
IMPORTS_AT_WORK = """
SELECT job_id FROM bailee.import_job
WHERE controller_id = $1 AND state IN ('checking', 'running') AND (leased_until IS NULL OR leased_until < $2 OR lease = $3)
ORDER BY changed_at LIMIT 1
"""
IMPORTS_EXPIRED = "SELECT job_id FROM bailee.import_job WHERE controller_id = $1 AND expires_at <= $2"
# An upload that waits or is over may hold the erased one's line: none of them is opened any more, and each is forgotten.
EXPIRE_IMPORTS = """
UPDATE bailee.import_job SET expires_at = changed_at
WHERE controller_id = $1 AND state NOT IN ('checking', 'running')
    AND EXISTS (SELECT 1 FROM bailee.person WHERE controller_id = $1 AND person_id = $2)
"""
# Run before the tags of a person go: an import that goes on keeps them, so that a line of theirs is told from the others.
NOTE_ERASED = """
UPDATE bailee.import_job SET erased_persons = erased_persons || $2::uuid, erased_tags = erased_tags || ARRAY(
    SELECT b.tag FROM bailee.blind_index b WHERE b.controller_id = $1 AND b.person_id = $2
) WHERE controller_id = $1 AND state NOT IN ('done', 'failed')
"""
ERASED_TAGS = "SELECT erased_tags FROM bailee.import_job WHERE controller_id = $1 AND job_id = $2"
# Of these tags, those of someone whose erasure was asked for since: they are in the index until it is finished.
ERASING_ALIKE = """
SELECT b.tag FROM bailee.blind_index b
JOIN bailee.person p ON p.controller_id = b.controller_id AND p.person_id = b.person_id
JOIN bailee.erasure e ON e.controller_id = b.controller_id AND e.person_id = b.person_id
WHERE b.controller_id = $1 AND b.tag = ANY ($2::bytea[]) AND p.state = 'erasing' AND e.asked_at >= $3
"""
# Whether someone was erased since whose tags this import has not kept, as it was not to be seen yet.
ERASED_UNKNOWN = """
SELECT EXISTS (SELECT 1 FROM bailee.erasure e
JOIN bailee.person p ON p.controller_id = e.controller_id AND p.person_id = e.person_id
JOIN bailee.import_job j ON j.controller_id = e.controller_id AND j.job_id = $2
WHERE e.controller_id = $1 AND e.asked_at >= $3 AND p.state = 'erased' AND e.person_id <> ALL (j.erased_persons))
"""
FORGET_ERASED = "UPDATE bailee.import_job SET erased_tags = '{}' WHERE controller_id = $1 AND job_id = $2"
EVERY_IMPORT = "SELECT job_id FROM bailee.import_job WHERE controller_id = $1"
MAP_IMPORT = """
UPDATE bailee.import_job SET state = 'mapped', policy = $3, sealed = $4, changed_at = $5, next_part = 0,
    created = 0, updated = 0, skipped = 0, rejected = 0
WHERE controller_id = $1 AND job_id = $2 AND state IN ('uploaded', 'mapped', 'checked') RETURNING job_id
"""
BEGIN_IMPORT = """
UPDATE bailee.import_job SET state = $3, changed_at = $4, stopped_from = NULL, next_part = 0, created = 0, updated = 0,
    skipped = 0, rejected = 0, actor = $6, actor_kind = $7, credential_id = $8, purpose = $9, allowed_until = $10
WHERE controller_id = $1 AND job_id = $2 AND state = ANY ($5::text[]) RETURNING job_id
"""
RESUME_IMPORT = """
UPDATE bailee.import_job SET state = stopped_from, changed_at = $3, stopped_from = NULL, actor = $5, actor_kind = $6,
    credential_id = $7, purpose = $8, allowed_until = $9
WHERE controller_id = $1 AND job_id = $2 AND state = 'stopped' AND stopped_from = $4 RETURNING job_id
"""
STOP_IMPORT = """
UPDATE bailee.import_job SET stopped_from = state, state = 'stopped', changed_at = $3
WHERE controller_id = $1 AND job_id = $2 AND state IN ('checking', 'running') RETURNING job_id
"""
FAIL_IMPORT = """
UPDATE bailee.import_job SET state = 'failed', failure = $3, changed_at = $4
WHERE controller_id = $1 AND job_id = $2 AND state IN ('checking', 'running')
"""
LEASE_IMPORT = """
UPDATE bailee.import_job SET lease = $3, leased_until = $5
WHERE controller_id = $1 AND job_id = $2 AND state IN ('checking', 'running')
    AND (leased_until IS NULL OR leased_until < $4 OR lease = $3)
RETURNING *
"""
UNLEASE_IMPORT = """
UPDATE bailee.import_job SET lease = NULL, leased_until = NULL WHERE controller_id = $1 AND job_id = $2 AND lease = $3
"""
ADVANCE_IMPORT = """
UPDATE bailee.import_job SET next_part = $3 + 1, created = created + $4, updated = updated + $5,
    skipped = skipped + $6, rejected = rejected + $7, changed_at = $8
WHERE controller_id = $1 AND job_id = $2 AND next_part = $3 RETURNING job_id
"""
FINISH_IMPORT = """
UPDATE bailee.import_job SET state = $3, changed_at = $4
WHERE controller_id = $1 AND job_id = $2 AND state IN ('checking', 'running') AND next_part = parts RETURNING job_id
"""
INSERT_PART = "INSERT INTO bailee.import_part (controller_id, job_id, part, sealed) VALUES ($1, $2, $3, $4)"
PART = "SELECT sealed FROM bailee.import_part WHERE controller_id = $1 AND job_id = $2 AND part = $3"
REPLACE_PART = "UPDATE bailee.import_part SET sealed = $4 WHERE controller_id = $1 AND job_id = $2 AND part = $3"
PUT_LINE = """
INSERT INTO bailee.import_line (controller_id, job_id, line, part, outcome, reasons, person_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (controller_id, job_id, line) DO UPDATE SET outcome = $5, reasons = $6, person_id = $7
"""
LINES_OF_PART = """
SELECT line, outcome, reasons, person_id FROM bailee.import_line
WHERE controller_id = $1 AND job_id = $2 AND part = $3 ORDER BY line
"""
LINES_AFTER = """
SELECT line, outcome, reasons, person_id FROM bailee.import_line
WHERE controller_id = $1 AND job_id = $2 AND line > $3 ORDER BY line LIMIT $4
"""
LINES_REJECTED = """
SELECT line, outcome, reasons, person_id FROM bailee.import_line
WHERE controller_id = $1 AND job_id = $2 AND outcome IN ('reject', 'rejected') ORDER BY line LIMIT $3
"""
PUT_TAG = """
INSERT INTO bailee.import_tag (controller_id, job_id, tag, line) VALUES ($1, $2, $3, $4)
ON CONFLICT (controller_id, job_id, tag) DO NOTHING
"""
TAGS = "SELECT tag, line FROM bailee.import_tag WHERE controller_id = $1 AND job_id = $2 AND tag = ANY ($3::bytea[])"
DELETE_IMPORT_TAGS = "DELETE FROM bailee.import_tag WHERE controller_id = $1 AND job_id = $2"
DELETE_IMPORT_LINES = "DELETE FROM bailee.import_line WHERE controller_id = $1 AND job_id = $2"
DELETE_IMPORT_PARTS = "DELETE FROM bailee.import_part WHERE controller_id = $1 AND job_id = $2"
DELETE_IMPORT = "DELETE FROM bailee.import_job WHERE controller_id = $1 AND job_id = $2"

# Technical data: what is to be shortened, oldest first.
WHOLE_ACTIVITY = """
SELECT person_id, record_id, version, created_at AS since, sealed FROM bailee.record
WHERE controller_id = $1 AND type = 'activity' AND class_id = $2 AND (created_at, record_id) > ($3, $4)
ORDER BY created_at, record_id LIMIT $5
"""
SHORTEN_ACTIVITY = """
UPDATE bailee.record SET version = $4 + 1, class_id = $5, sealed = $6
WHERE controller_id = $1 AND person_id = $2 AND record_id = $3 AND version = $4 RETURNING version
"""

# who has something due: one question for every controller
WITH_CLOSINGS = "SELECT controller FROM bailee.due_closings($1, $2)"
WITH_IMPORTS = "SELECT controller FROM bailee.due_imports($1, $2)"
WITH_SPENT_SESSIONS = "SELECT controller FROM bailee.due_spent_sessions($1, $2)"
WITH_TECHNICAL_DATA = "SELECT controller FROM bailee.due_technical($1, $2)"
