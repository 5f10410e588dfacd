"""The webhooks' SQL, by name. Every statement carries the controller."""

LISTEN = "UPDATE bailee.gate SET listening = $2 WHERE controller_id = $1"
OPEN = "SELECT state = 'open' AND listening FROM bailee.gate WHERE controller_id = $1"

INSERT = """
INSERT INTO bailee.webhook
    (controller_id, webhook_id, state, reason, events, version, created_by, created_at, changed_at, sealed)
VALUES ($1, $2, 'active', 'asked', $3, 1, $4, $5, $5, $6)
"""
ALL = """
SELECT webhook_id, state, reason, events, version, created_by, created_at, changed_at, sealed FROM bailee.webhook
WHERE controller_id = $1 ORDER BY webhook_id
"""
LOCK_ALL = """
SELECT webhook_id, state FROM bailee.webhook WHERE controller_id = $1 ORDER BY webhook_id FOR UPDATE
"""
ONE = """
SELECT webhook_id, state, reason, events, version, created_by, created_at, changed_at, sealed FROM bailee.webhook
WHERE controller_id = $1 AND webhook_id = $2
"""
LOCK = """
SELECT webhook_id, state, reason, events, version, created_by, created_at, changed_at, sealed FROM bailee.webhook
WHERE controller_id = $1 AND webhook_id = $2 FOR UPDATE
"""
CHANGE = """
UPDATE bailee.webhook SET state = $3, reason = $4, events = $5, sealed = $6, changed_at = $7, version = version + 1
WHERE controller_id = $1 AND webhook_id = $2
"""
STATE = """
UPDATE bailee.webhook SET state = $3, reason = $4, changed_at = $5
WHERE controller_id = $1 AND webhook_id = $2 AND state <> $3 AND state <> 'paused'
RETURNING webhook_id
"""
DELETE = "DELETE FROM bailee.webhook WHERE controller_id = $1 AND webhook_id = $2"
DELETE_DELIVERIES = "DELETE FROM bailee.webhook_delivery WHERE controller_id = $1 AND webhook_id = $2"
DELETE_ATTEMPTS = "DELETE FROM bailee.webhook_attempt WHERE controller_id = $1 AND webhook_id = $2"

HEARING = """
SELECT webhook_id FROM bailee.webhook WHERE controller_id = $1 AND state <> 'paused' AND $2 = ANY (events)
ORDER BY webhook_id
"""
LAST_SEQUENCES = """
SELECT person_id, max(sequence) AS last FROM bailee.webhook_delivery
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) GROUP BY person_id
"""
QUEUE = """
INSERT INTO bailee.webhook_delivery
    (controller_id, delivery_id, webhook_id, event, person_id, sequence, entry, state, created_at, tries, attempts,
     due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, 0, 0, $8)
"""
QUEUE_NOTICE = """
INSERT INTO bailee.webhook_delivery
    (controller_id, delivery_id, webhook_id, event, notice_id, sequence, entry, state, created_at, tries, attempts,
     due_at)
VALUES ($1, $2, $3, $4, $5, 0, $6, 'waiting', $7, 0, 0, $7)
"""
QUEUE_OBLIGATION = """
INSERT INTO bailee.webhook_delivery
    (controller_id, delivery_id, webhook_id, event, obligation_id, sequence, said, entry, state, created_at, tries,
     attempts, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', 'waiting', $8, 0, 0, $8)
"""
LAST_OF_OBLIGATIONS = """
SELECT obligation_id, max(sequence) AS last FROM bailee.webhook_delivery
WHERE controller_id = $1 AND obligation_id = ANY ($2::uuid[]) GROUP BY obligation_id
"""
REMOTE = """
SELECT remote FROM bailee.webhook_delivery
WHERE controller_id = $1 AND webhook_id = $2 AND obligation_id = $3 AND remote IS NOT NULL ORDER BY sequence LIMIT 1
"""
KEEP_REMOTE = "UPDATE bailee.webhook_delivery SET remote = $3 WHERE controller_id = $1 AND delivery_id = $2"
DUE = """
SELECT d.delivery_id, d.webhook_id, d.event, d.person_id, d.notice_id, d.obligation_id, d.said, d.entry, d.created_at, d.tries, d.attempts
FROM bailee.webhook_delivery d
JOIN bailee.webhook w ON w.controller_id = d.controller_id AND w.webhook_id = d.webhook_id
WHERE d.controller_id = $1 AND d.state = 'waiting' AND d.due_at <= $2 AND w.state <> 'paused'
    AND (d.claimed_until IS NULL OR d.claimed_until <= $2)
    AND NOT EXISTS (
        SELECT 1 FROM bailee.webhook_delivery e
        WHERE e.controller_id = $1 AND e.webhook_id = d.webhook_id AND e.person_id = d.person_id
            AND e.state = 'waiting' AND e.sequence < d.sequence
    )
    AND NOT EXISTS (
        SELECT 1 FROM bailee.webhook_delivery o
        WHERE o.controller_id = $1 AND o.webhook_id = d.webhook_id AND o.obligation_id = d.obligation_id
            AND o.state = 'waiting' AND o.sequence < d.sequence
    )
ORDER BY d.due_at, d.delivery_id LIMIT $3 FOR UPDATE OF d SKIP LOCKED
"""
CLAIM = """
UPDATE bailee.webhook_delivery SET claimed_until = $3, attempts = attempts + 1
WHERE controller_id = $1 AND delivery_id = ANY ($2::uuid[])
"""
INSERT_ATTEMPT = """
INSERT INTO bailee.webhook_attempt
    (controller_id, delivery_id, number, webhook_id, at, status, reason, milliseconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (controller_id, delivery_id, number) DO NOTHING
"""
SETTLE = """
UPDATE bailee.webhook_delivery
SET state = $4, tries = tries + 1, due_at = $5, delivered_at = $6, claimed_until = NULL
WHERE controller_id = $1 AND delivery_id = $2 AND state = 'waiting' AND attempts = $3
RETURNING delivery_id
"""
DELIVERIES = """
SELECT delivery_id, webhook_id, event, person_id, entry, state, created_at, attempts, due_at, delivered_at
FROM bailee.webhook_delivery
WHERE controller_id = $1 AND webhook_id = $2 AND delivery_id < $3 ORDER BY delivery_id DESC LIMIT $4
"""
ATTEMPTS = """
SELECT delivery_id, number, at, status, reason, milliseconds FROM bailee.webhook_attempt
WHERE controller_id = $1 AND delivery_id = ANY ($2::uuid[]) ORDER BY delivery_id, number
"""
REDELIVER = """
UPDATE bailee.webhook_delivery SET state = 'waiting', tries = 0, due_at = $4, claimed_until = NULL
WHERE controller_id = $1 AND webhook_id = $2 AND delivery_id = $3 AND state <> 'waiting'
RETURNING delivery_id
"""
KNOWN = """
SELECT state FROM bailee.webhook_delivery WHERE controller_id = $1 AND webhook_id = $2 AND delivery_id = $3
"""
FORGET_ATTEMPTS = "DELETE FROM bailee.webhook_attempt WHERE controller_id = $1 AND at < $2"
FORGET_DELIVERIES = """
DELETE FROM bailee.webhook_delivery WHERE controller_id = $1 AND created_at < $2 AND due_at < $2
"""

DELETE_ALL = "DELETE FROM bailee.webhook WHERE controller_id = $1"
DELETE_ALL_DELIVERIES = "DELETE FROM bailee.webhook_delivery WHERE controller_id = $1"
DELETE_ALL_ATTEMPTS = "DELETE FROM bailee.webhook_attempt WHERE controller_id = $1"

WITH_DELIVERIES = "SELECT controller FROM bailee.due_deliveries($1, $2)"
WITH_OLD_DELIVERIES = "SELECT controller FROM bailee.due_old_deliveries($1, $2)"
