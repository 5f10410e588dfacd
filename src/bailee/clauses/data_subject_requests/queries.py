"""The SQL of the rights of persons, by name. Every statement carries the controller."""

INSERT = """
INSERT INTO bailee.rights_request
    (controller_id, request_id, right_of, person_id, channel, identity, state, step, reason, outcome, done, total,
     received_at, strict_at, generous_at, rule, opened_by, actor, actor_kind, entries, version, message_id, sealed_under,
     sealed)
VALUES ($1, $2, $3, $4, $5, $6, 'received', 'none', '', '', 0, 0, $7, $8, $9, $10, $11, '', '', $12, 1, $13, $14, $15)
"""
CHANGE = """
UPDATE bailee.rights_request
SET person_id = CASE WHEN person_id IS NULL THEN NULL ELSE $4::uuid END, identity = $5, state = $6, step = $7,
    reason = $8, outcome = $9, done = $10, total = $11,
    strict_at = $12, generous_at = $13, rule = $14, extended_at = $15, ended_at = $16, keep_until = $17,
    actor = $18, actor_kind = $19, credential_id = $20, allowed_until = $21, entries = $22, sealed = $23,
    lease = CASE WHEN $7 = 'running' THEN lease END, leased_until = CASE WHEN $7 = 'running' THEN leased_until END,
    version = $3 + 1
WHERE controller_id = $1 AND request_id = $2 AND version = $3 RETURNING version
"""
ONE = """
SELECT controller_id, request_id, right_of, person_id, channel, identity, state, step, reason, outcome, done, total,
    received_at, strict_at, generous_at, rule, extended_at, ended_at, keep_until, opened_by, actor, actor_kind,
    credential_id, allowed_until, entries, version, message_id, sealed_under, sealed
FROM bailee.rights_request WHERE controller_id = $1 AND request_id = $2
"""
ALL = """
SELECT controller_id, request_id, right_of, person_id, channel, identity, state, step, reason, outcome, done, total,
    received_at, strict_at, generous_at, rule, extended_at, ended_at, keep_until, opened_by, actor, actor_kind,
    credential_id, allowed_until, entries, version, message_id, NULL AS sealed_under, NULL AS sealed
FROM bailee.rights_request
WHERE controller_id = $1 AND ($2::uuid IS NULL OR person_id = $2)
ORDER BY ended_at IS NOT NULL, strict_at, request_id LIMIT $3
"""
OF_MESSAGE = """
SELECT request_id, right_of, state, reason FROM bailee.rights_request WHERE controller_id = $1 AND message_id = $2
"""

# The queue: whoever came first is served first. A lease that has run out is another's to take.
OLDEST = """
SELECT request_id, received_at FROM bailee.rights_request
WHERE controller_id = $1 AND step IN ('queued', 'running') AND (leased_until IS NULL OR leased_until < $2)
ORDER BY received_at, request_id LIMIT $3
"""
LEASE = """
UPDATE bailee.rights_request SET step = 'running', lease = $3, leased_until = $4
WHERE controller_id = $1 AND request_id = $2 AND step IN ('queued', 'running')
    AND (leased_until IS NULL OR leased_until < $5)
RETURNING request_id
"""
PROLONG = """
UPDATE bailee.rights_request SET leased_until = $4 WHERE controller_id = $1 AND request_id = $2 AND lease = $3
"""
UNLEASE = """
UPDATE bailee.rights_request SET lease = NULL, leased_until = NULL
WHERE controller_id = $1 AND request_id = $2 AND lease = $3
"""

INSERT_PART = """
INSERT INTO bailee.rights_part (controller_id, request_id, part, person_id, name, sealed)
VALUES ($1, $2, $3, $4, $5, $6)
"""
PARTS = "SELECT part, name FROM bailee.rights_part WHERE controller_id = $1 AND request_id = $2 ORDER BY part"
PART = "SELECT sealed FROM bailee.rights_part WHERE controller_id = $1 AND request_id = $2 AND part = $3"
DELETE_PARTS = "DELETE FROM bailee.rights_part WHERE controller_id = $1 AND request_id = $2"

INSERT_RECIPIENT = """
INSERT INTO bailee.rights_recipient (controller_id, request_id, recipient, state, reason)
VALUES ($1, $2, $3, 'open', '') ON CONFLICT (controller_id, request_id, recipient) DO NOTHING
"""
RECIPIENTS = """
SELECT recipient, state, reason, notice_id, ended_at FROM bailee.rights_recipient
WHERE controller_id = $1 AND request_id = $2 ORDER BY recipient
"""
END_RECIPIENT = """
UPDATE bailee.rights_recipient SET state = $4, reason = $5, notice_id = $6, ended_at = $7
WHERE controller_id = $1 AND request_id = $2 AND recipient = $3 AND state = 'open' RETURNING recipient
"""

INSERT_EXCEPTION = """
INSERT INTO bailee.rights_exception
    (controller_id, exception_id, person_id, allows, ground, granted_by, granted_at, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
EXCEPTIONS = """
SELECT exception_id, allows, ground, granted_by, granted_at, ends_at FROM bailee.rights_exception
WHERE controller_id = $1 AND person_id = $2 AND ends_at > $3 ORDER BY granted_at, exception_id
"""
ENDED_EXCEPTIONS = """
SELECT DISTINCT person_id FROM bailee.rights_exception WHERE controller_id = $1 AND ends_at <= $2
"""
# Ended, and not deleted yet: the row goes once the person's row says so too.
END_EXCEPTION = """
UPDATE bailee.rights_exception SET ends_at = $4
WHERE controller_id = $1 AND person_id = $2 AND exception_id = $3 AND ends_at > $4 RETURNING exception_id
"""
LIFT_EXCEPTIONS = "DELETE FROM bailee.rights_exception WHERE controller_id = $1 AND person_id = $2"
END_EXCEPTIONS = """
DELETE FROM bailee.rights_exception WHERE controller_id = $1 AND person_id = $2 AND ends_at <= $3
"""

RECORDS = """
SELECT record_id, type, class_id, version, created_at, updated_at, expires_at FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 ORDER BY record_id
"""
FILES = """
SELECT file_id, type, created_at FROM bailee.file
WHERE controller_id = $1 AND person_id = $2 AND state = 'held' ORDER BY file_id
"""
CHOICES = "SELECT version, sealed FROM bailee.rights_choice WHERE controller_id = $1"
INSERT_CHOICES = """
INSERT INTO bailee.rights_choice (controller_id, version, changed_at, sealed) VALUES ($1, 1, $2, $3)
"""
CHANGE_CHOICES = """
UPDATE bailee.rights_choice SET version = $2 + 1, changed_at = $3, sealed = $4
WHERE controller_id = $1 AND version = $2 RETURNING version
"""

# A text whose term is over goes first from its row, then its key. The version moves on, so that nobody who read the
# text before writes it back.
EXPIRED = """
SELECT request_id FROM bailee.rights_request
WHERE controller_id = $1 AND sealed_under IS NOT NULL AND (sealed IS NULL OR keep_until <= $2) LIMIT $3
"""
EMPTY = """
UPDATE bailee.rights_request SET sealed = NULL, version = version + 1
WHERE controller_id = $1 AND request_id = $2 AND (sealed IS NULL OR keep_until <= $3)
"""
EMPTIED = """
UPDATE bailee.rights_request SET sealed_under = NULL
WHERE controller_id = $1 AND request_id = $2 AND sealed IS NULL
"""

# With a person go what answers them, their exceptions, their name on requests, and the text of requests that ended,
# whose version moves on: what was read of one before is not written back.
DELETE_PARTS_OF_PERSON = "DELETE FROM bailee.rights_part WHERE controller_id = $1 AND person_id = $2"
DELETE_EXCEPTIONS_OF_PERSON = "DELETE FROM bailee.rights_exception WHERE controller_id = $1 AND person_id = $2"
ORPHAN_REQUESTS = """
UPDATE bailee.rights_request SET person_id = NULL, sealed = CASE WHEN ended_at IS NULL THEN sealed END,
    version = CASE WHEN ended_at IS NULL THEN version ELSE version + 1 END
WHERE controller_id = $1 AND person_id = $2
"""
DELETE_ALL = "DELETE FROM bailee.rights_request WHERE controller_id = $1"
DELETE_ALL_PARTS = "DELETE FROM bailee.rights_part WHERE controller_id = $1"
DELETE_ALL_RECIPIENTS = "DELETE FROM bailee.rights_recipient WHERE controller_id = $1"
DELETE_ALL_EXCEPTIONS = "DELETE FROM bailee.rights_exception WHERE controller_id = $1"
DELETE_ALL_CHOICES = "DELETE FROM bailee.rights_choice WHERE controller_id = $1"
NAMED_KEYS = """
SELECT sealed_under FROM bailee.rights_request WHERE controller_id = $1 AND sealed_under = ANY ($2::text[])
"""

# who has something due: one question for every controller; whoever has waited longest is first
WITH_REQUESTS = "SELECT controller FROM bailee.due_requests($1, $2) ORDER BY oldest"
WITH_ENDS = "SELECT controller FROM bailee.due_exceptions($1, $2)"
