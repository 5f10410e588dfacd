"""The notices' SQL, by name. Every statement carries the controller."""

QUEUE = """
INSERT INTO bailee.notice
    (controller_id, notice_id, clause, kind, subject, state, queued_at, due_at, attempts, reason, discharges,
     sealed_under, sealed, side, letter, waiting_since)
VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6, 0, 'queued', $7, $8, $9, $10, $11, $6)
"""
DUE = """
SELECT notice_id, clause, kind, subject, side, attempts, queued_at, rounds, discharges, sealed_under, sealed, sent_at
FROM bailee.notice
WHERE controller_id = $1 AND state = 'waiting' AND due_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)
ORDER BY due_at, notice_id LIMIT $3 FOR UPDATE SKIP LOCKED
"""
OPEN = "SELECT state = 'open' FROM bailee.gate WHERE controller_id = $1"
CLAIM = """
UPDATE bailee.notice SET claimed_until = $3, attempts = attempts + 1
WHERE controller_id = $1 AND notice_id = ANY ($2::uuid[])
"""
# A claim is known by its end: one that was settled has none, one that another took up has another.
PROLONG = """
UPDATE bailee.notice SET claimed_until = $4
WHERE controller_id = $1 AND notice_id = ANY ($2::uuid[]) AND claimed_until = $3 RETURNING notice_id
"""
RELEASE = """
UPDATE bailee.notice SET claimed_until = NULL, due_at = $4, reason = $5
WHERE controller_id = $1 AND notice_id = $2 AND state = 'waiting' AND attempts = $3
"""
CLAIMED = """
SELECT clause, subject, side, rounds, discharges, unsent, sent_at FROM bailee.notice
WHERE controller_id = $1 AND notice_id = $2 AND state = 'waiting' AND attempts = $3 FOR UPDATE
"""
SETTLE = """
UPDATE bailee.notice SET state = $3, reason = $4, due_at = $5, sent_at = coalesce(sent_at, $6), claimed_until = NULL
WHERE controller_id = $1 AND notice_id = $2
"""
DELIVERIES = """
SELECT notice_id, recipient, role, state, attempts, reason, message_id, digest, answer, changed_at, sent_at
FROM bailee.notice_delivery WHERE controller_id = $1 AND notice_id = ANY ($2::uuid[])
ORDER BY notice_id, role DESC, recipient
"""
DELIVERED = """
INSERT INTO bailee.notice_delivery
    (controller_id, notice_id, recipient, role, state, attempts, reason, message_id, digest, answer, changed_at, sent_at)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11)
ON CONFLICT (controller_id, notice_id, recipient) DO UPDATE SET
    role = $4, state = $5, attempts = notice_delivery.attempts + 1, reason = $6, message_id = $7, digest = $8,
    answer = $9, changed_at = $10, sent_at = $11
RETURNING attempts
"""
DROP = """
UPDATE bailee.notice_delivery SET state = 'dropped', reason = 'replaced', changed_at = $4
WHERE controller_id = $1 AND notice_id = $2 AND state IN ('waiting', 'failed') AND NOT recipient = ANY ($3::text[])
"""
ATTEMPT = """
INSERT INTO bailee.notice_attempt (controller_id, notice_id, recipient, number, at, outcome, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (controller_id, notice_id, recipient, number) DO NOTHING
"""
ATTEMPTS = """
SELECT recipient, number, at, outcome, reason FROM bailee.notice_attempt
WHERE controller_id = $1 AND notice_id = $2 ORDER BY at, recipient, number
"""
LONG_WAITING = """
SELECT notice_id, subject FROM bailee.notice
WHERE controller_id = $1 AND side = 'controller' AND state = 'waiting' AND unsent IS NULL AND waiting_since <= $2
ORDER BY notice_id LIMIT $3 FOR UPDATE SKIP LOCKED
"""
SET_UNSENT = "UPDATE bailee.notice SET unsent = $3 WHERE controller_id = $1 AND notice_id = $2"
LOCK = """
SELECT notice_id, clause, kind, subject, side, state, attempts, queued_at, rounds, discharges, unsent, sealed_under, sealed, sent_at
FROM bailee.notice WHERE controller_id = $1 AND notice_id = $2 FOR UPDATE
"""
AGAIN = """
UPDATE bailee.notice SET state = 'waiting', reason = 'asked', due_at = $3, waiting_since = $3, claimed_until = NULL,
    rounds = rounds + 1, unsent = NULL, sealed = $4
WHERE controller_id = $1 AND notice_id = $2
"""
DELIVERY_AGAIN = """
UPDATE bailee.notice_delivery SET state = 'waiting', reason = 'asked', changed_at = $3
WHERE controller_id = $1 AND notice_id = $2 AND state = 'failed'
"""
BOUNCE = """
UPDATE bailee.notice_delivery SET state = 'failed', reason = $4, changed_at = $5
WHERE controller_id = $1 AND notice_id = $2 AND left(recipient, 16) = $3 AND state = 'sent'
RETURNING recipient, role, attempts
"""
FAIL = """
UPDATE bailee.notice SET state = 'failed', reason = $3, claimed_until = NULL
WHERE controller_id = $1 AND notice_id = $2
"""
LISTED = """
SELECT notice_id, clause, kind, subject, side, letter, state, reason, queued_at, due_at, attempts, sent_at, discharges,
    unsent, rounds, sealed IS NOT NULL AS held
FROM bailee.notice WHERE controller_id = $1 AND notice_id < $2 ORDER BY notice_id DESC LIMIT $3
"""
OF_SIDE = """
SELECT notice_id, clause, kind, subject, side, letter, state, reason, queued_at, due_at, attempts, sent_at, discharges,
    unsent, rounds, sealed IS NOT NULL AS held
FROM bailee.notice WHERE controller_id = $1 AND notice_id < $2 AND side = 'controller'
ORDER BY notice_id DESC LIMIT $3
"""
ONE = """
SELECT notice_id, clause, kind, subject, side, letter, state, reason, queued_at, due_at, attempts, sent_at, discharges,
    unsent, rounds, sealed IS NOT NULL AS held
FROM bailee.notice WHERE controller_id = $1 AND notice_id = $2
"""
COUNTS = """
SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'failed') AS failed
FROM bailee.notice WHERE controller_id = $1 AND state <> 'sent'
"""
SPENT = """
SELECT notice_id, sealed_under FROM bailee.notice
WHERE controller_id = $1 AND state = 'sent' AND sealed_under IS NOT NULL AND sent_at <= $2
ORDER BY notice_id LIMIT $3
"""
FORGET_TEXT = """
UPDATE bailee.notice SET sealed = NULL, sealed_under = NULL
WHERE controller_id = $1 AND notice_id = $2 AND state = 'sent' AND sealed_under IS NOT NULL RETURNING notice_id
"""
FORGET_ATTEMPTS = "DELETE FROM bailee.notice_attempt WHERE controller_id = $1 AND notice_id = $2"
ROUTE = "SELECT state, reason, since_at FROM bailee.mail_route WHERE controller_id = $1"
SET_ROUTE = """
INSERT INTO bailee.mail_route (controller_id, state, reason, since_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (controller_id) DO UPDATE SET state = $2, reason = $3, since_at = $4
"""
DELETE_ALL = "DELETE FROM bailee.notice WHERE controller_id = $1"
DELETE_ALL_DELIVERIES = "DELETE FROM bailee.notice_delivery WHERE controller_id = $1"
DELETE_ALL_ATTEMPTS = "DELETE FROM bailee.notice_attempt WHERE controller_id = $1"
DELETE_ROUTE = "DELETE FROM bailee.mail_route WHERE controller_id = $1"

# who has something due: one question for every controller
WITH_NOTICES = "SELECT controller FROM bailee.due_notices($1, $2)"
WITH_UNSENT = "SELECT controller FROM bailee.due_unsent_notices($1, $2)"
WITH_SPENT = "SELECT controller FROM bailee.due_spent_notices($1, $2)"
