"""The register's SQL, by name. Every statement carries the controller."""

# who has entries that are not counted yet: one question for every controller
WITH_UNCOUNTED = "SELECT controller FROM bailee.due_register($1, $2)"
GATE = "SELECT state FROM bailee.gate WHERE controller_id = $1 FOR SHARE"

COUNTED = "SELECT generation, next_index, entries, unread FROM bailee.register_counted WHERE controller_id = $1"
LOCK_COUNTED = """
SELECT generation, next_index, entries, unread FROM bailee.register_counted WHERE controller_id = $1 FOR UPDATE
"""
BEGIN_COUNTING = """
INSERT INTO bailee.register_counted (controller_id, generation, next_index, entries, unread) VALUES ($1, 0, 0, 0, 0)
ON CONFLICT (controller_id) DO NOTHING
"""
MOVE_COUNTED = """
UPDATE bailee.register_counted SET generation = $2, next_index = $3, entries = entries + $4, unread = unread + $5
WHERE controller_id = $1
"""
# The months from one on, and the last before it.
MONTHS_FROM = "SELECT month, sealed FROM bailee.register_month WHERE controller_id = $1 AND month >= $2 ORDER BY month"
MONTH_UNTIL = """
SELECT month, sealed FROM bailee.register_month WHERE controller_id = $1 AND month <= $2 ORDER BY month DESC LIMIT 1
"""
PUT_MONTH = """
INSERT INTO bailee.register_month (controller_id, month, sealed) VALUES ($1, $2, $3)
ON CONFLICT (controller_id, month) DO UPDATE SET sealed = $3
"""

NEWEST = """
SELECT number, digest, made_at FROM bailee.register_version WHERE controller_id = $1 ORDER BY number DESC LIMIT 1
"""
KEEP = """
INSERT INTO bailee.register_version (controller_id, number, version_id, digest, made_at, sealed)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (controller_id, number) DO NOTHING RETURNING number
"""
VERSIONS = """
SELECT number, digest, made_at FROM bailee.register_version WHERE controller_id = $1 ORDER BY number DESC LIMIT $2
"""
VERSION = """
SELECT number, version_id, digest, made_at, sealed FROM bailee.register_version
WHERE controller_id = $1 AND number = $2
"""
NUMBER_AT = """
SELECT number FROM bailee.register_version WHERE controller_id = $1 AND made_at <= $2 ORDER BY number DESC LIMIT 1
"""
# The version of those very words that was kept last before an instant.
NUMBERED = """
SELECT number FROM bailee.register_version WHERE controller_id = $1 AND digest = $2
ORDER BY (made_at <= $3) DESC, number DESC LIMIT 1
"""

ASK = """
INSERT INTO bailee.register_request (controller_id, request_id, asked_at, state, obligation_id, sealed)
VALUES ($1, $2, $3, 'open', $4, $5)
"""
ASKED = """
SELECT request_id, asked_at, state, obligation_id, sealed FROM bailee.register_request
WHERE controller_id = $1 ORDER BY asked_at DESC, request_id LIMIT $2
"""
OPEN_ASKED = """
SELECT request_id, asked_at, state, obligation_id, sealed FROM bailee.register_request
WHERE controller_id = $1 AND state = 'open' ORDER BY asked_at, request_id FOR UPDATE
"""
ANSWERED = """
UPDATE bailee.register_request SET state = $3 WHERE controller_id = $1 AND request_id = $2 AND state = 'open'
RETURNING request_id
"""
GIVE = """
INSERT INTO bailee.register_given (controller_id, given_id, given_at, digest, sealed) VALUES ($1, $2, $3, $4, $5)
"""
GIVEN = """
SELECT given_id, given_at, digest, sealed FROM bailee.register_given
WHERE controller_id = $1 ORDER BY given_at DESC, given_id LIMIT $2
"""
GIVEN_ONE = """
SELECT given_id, given_at, digest, sealed FROM bailee.register_given WHERE controller_id = $1 AND given_id = $2
"""

DELETE_COUNTED = "DELETE FROM bailee.register_counted WHERE controller_id = $1"
DELETE_MONTHS = "DELETE FROM bailee.register_month WHERE controller_id = $1"
DELETE_VERSIONS = "DELETE FROM bailee.register_version WHERE controller_id = $1"
DELETE_REQUESTS = "DELETE FROM bailee.register_request WHERE controller_id = $1"
DELETE_GIVEN = "DELETE FROM bailee.register_given WHERE controller_id = $1"
