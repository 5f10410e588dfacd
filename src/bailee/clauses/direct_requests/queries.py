"""The SQL of direct requests, by name. Every statement carries the controller; messages are the platform's own."""

TAKE_IN = """
INSERT INTO bailee.message
    (controller_id, message_id, channel, state, received_at, size, attempts, reason, kinds, reasons, forwarded,
     sealed_under, sealed)
VALUES ($1, $2, $3, 'received', $4, $5, 0, '', '{}', '{}', 0, $6, $7)
ON CONFLICT (controller_id, message_id) DO NOTHING RETURNING message_id
"""
CLAIM = """
UPDATE bailee.message SET claimed_until = $3, attempts = attempts + 1
WHERE controller_id = $1 AND message_id = (
    SELECT message_id FROM bailee.message
    WHERE controller_id = $1 AND state = 'received' AND (claimed_until IS NULL OR claimed_until <= $2)
    ORDER BY received_at, message_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING message_id, attempts
"""
CLAIM_ONE = """
UPDATE bailee.message SET claimed_until = $4
WHERE controller_id = $1 AND message_id = $2 AND state IN ('unassigned', 'automatic', 'dismissed', 'own')
    AND (claimed_until IS NULL OR claimed_until <= $3)
RETURNING message_id
"""
UNCLAIM = "UPDATE bailee.message SET claimed_until = NULL WHERE controller_id = $1 AND message_id = $2"
UNCOUNT = """
UPDATE bailee.message SET attempts = attempts - 1
WHERE controller_id = $1 AND message_id = $2 AND state = 'received' AND attempts > 0
"""
MESSAGE = """
SELECT message_id, channel, state, received_at, size, attempts, reason, kinds, reasons, forwarded, ended_at,
    sealed_under, sealed
FROM bailee.message WHERE controller_id = $1 AND message_id = $2
"""
LOCKED = """
SELECT state, received_at, kinds, reasons FROM bailee.message
WHERE controller_id = $1 AND message_id = $2 FOR UPDATE
"""
LISTED = """
SELECT message_id, channel, state, received_at, size, attempts, reason, kinds, reasons, forwarded, ended_at,
    sealed_under
FROM bailee.message WHERE controller_id = $1 AND state = ANY ($2::text[])
ORDER BY received_at DESC, message_id DESC LIMIT $3
"""
COUNTED = "SELECT state, count(*) AS many FROM bailee.message WHERE controller_id = $1 GROUP BY state"
DECIDED = """
UPDATE bailee.message SET state = $3, reason = $4, kinds = $5, reasons = $6, forwarded = forwarded + $7, ended_at = $8,
    claimed_until = NULL
WHERE controller_id = $1 AND message_id = $2
"""
EMPTIED = "UPDATE bailee.message SET sealed = NULL WHERE controller_id = $1 AND message_id = $2"
TO_SHRED = """
SELECT message_id, sealed_under FROM bailee.message
WHERE controller_id = $1 AND sealed_under IS NOT NULL AND (sealed IS NULL OR
    (state IN ('dismissed', 'automatic', 'own') AND ended_at <= $2))
ORDER BY message_id LIMIT 500
"""
SHREDDED = "UPDATE bailee.message SET sealed = NULL, sealed_under = NULL WHERE controller_id = $1 AND message_id = $2"

HELD = """
SELECT DISTINCT person_id FROM bailee.blind_index
WHERE controller_id = $1 AND tag = ANY ($2::bytea[]) ORDER BY person_id LIMIT 20
"""

ASSIGN = """
INSERT INTO bailee.direct_request
    (controller_id, message_id, request_id, channel, how, kinds, reasons, received_at, assigned_at, acknowledged,
     keep_until, sealed_under, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (controller_id, message_id) DO NOTHING RETURNING request_id
"""
REQUESTS = """
SELECT request_id, channel, how, kinds, reasons, received_at, assigned_at, acknowledged, keep_until, sealed_under
FROM bailee.direct_request WHERE controller_id = $1 ORDER BY received_at DESC, request_id LIMIT $2
"""
REQUEST = """
SELECT request_id, channel, how, kinds, reasons, received_at, assigned_at, acknowledged, keep_until, sealed_under, sealed
FROM bailee.direct_request WHERE controller_id = $1 AND request_id = $2
"""
LOCKED_REQUEST = """
SELECT message_id, how, kinds, reasons, acknowledged FROM bailee.direct_request
WHERE controller_id = $1 AND request_id = $2 FOR UPDATE
"""
RECLASSIFY = """
UPDATE bailee.direct_request SET kinds = $3, reasons = $4 WHERE controller_id = $1 AND request_id = $2
"""
OLD_REQUESTS = """
SELECT request_id, sealed_under FROM bailee.direct_request
WHERE controller_id = $1 AND sealed_under IS NOT NULL AND keep_until <= $2 ORDER BY request_id LIMIT 500
"""
SHREDDED_REQUEST = """
UPDATE bailee.direct_request SET sealed = NULL, sealed_under = NULL WHERE controller_id = $1 AND request_id = $2
"""
NAMED_KEYS = """
SELECT sealed_under FROM bailee.direct_request WHERE controller_id = $1 AND sealed_under = ANY ($2::text[])
"""
DELETE_REQUESTS = "DELETE FROM bailee.direct_request WHERE controller_id = $1"
DELETE_MESSAGES = "DELETE FROM bailee.message WHERE controller_id = $1"
WITH_SPENT = "SELECT controller FROM bailee.due_spent_messages($1, $2)"
