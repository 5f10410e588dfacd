"""The SQL of drafts, by name. Every statement carries the controller."""

DRAFT = "SELECT draft_id, version, sealed FROM bailee.draft WHERE controller_id = $1"
INSERT_DRAFT = """
INSERT INTO bailee.draft (controller_id, draft_id, version, changed_at, sealed) VALUES ($1, $2, 1, $3, $4)
"""
CHANGE_DRAFT = """
UPDATE bailee.draft SET version = $2 + 1, changed_at = $3, sealed = $4
WHERE controller_id = $1 AND version = $2 RETURNING version
"""
DELETE_DRAFT = "DELETE FROM bailee.draft WHERE controller_id = $1"

DRAFTS = """
SELECT draft_id, version, changed_at, original_id, sealed FROM bailee.instruction_draft
WHERE controller_id = $1 ORDER BY draft_id DESC
"""
ONE_DRAFT = """
SELECT draft_id, version, changed_at, original_id, sealed FROM bailee.instruction_draft
WHERE controller_id = $1 AND draft_id = $2
"""
INSERT_INSTRUCTION = """
INSERT INTO bailee.instruction_draft (controller_id, draft_id, version, changed_at, original_id, sealed)
VALUES ($1, $2, 1, $3, $4, $5)
"""
CHANGE_INSTRUCTION = """
UPDATE bailee.instruction_draft SET version = $3 + 1, changed_at = $4, sealed = $5
WHERE controller_id = $1 AND draft_id = $2 AND version = $3 RETURNING version
"""
DROP_DRAFT = "DELETE FROM bailee.instruction_draft WHERE controller_id = $1 AND draft_id = $2 RETURNING draft_id"
DELETE_DRAFTS = "DELETE FROM bailee.instruction_draft WHERE controller_id = $1"

INSERT_ORIGINAL = """
INSERT INTO bailee.instruction_original (controller_id, original_id, received_at, digest, sealed)
VALUES ($1, $2, $3, $4, $5)
"""
ORIGINAL = """
SELECT original_id, received_at, digest, instruction_digest, sealed FROM bailee.instruction_original
WHERE controller_id = $1 AND original_id = $2
"""
ORIGINALS = """
SELECT original_id, received_at, digest, instruction_digest FROM bailee.instruction_original
WHERE controller_id = $1 AND instruction_digest IS NOT NULL
"""
BELONGS = """
UPDATE bailee.instruction_original SET instruction_digest = $3 WHERE controller_id = $1 AND original_id = $2
"""
DROP_ORIGINAL = """
DELETE FROM bailee.instruction_original
WHERE controller_id = $1 AND original_id = $2 AND instruction_digest IS NULL
"""

RAISE = """
INSERT INTO bailee.challenge (controller_id, challenge_id, instruction, raised_at, raised_by, suspends, state, sealed)
VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)
ON CONFLICT (controller_id, instruction) WHERE state = 'open' DO NOTHING RETURNING challenge_id
"""
CHALLENGES = """
SELECT challenge_id, instruction, raised_at, raised_by, suspends, state, answered_at, proof, sealed
FROM bailee.challenge WHERE controller_id = $1 ORDER BY challenge_id DESC
"""
OPEN_CHALLENGES = """
SELECT challenge_id, instruction FROM bailee.challenge WHERE controller_id = $1 AND state = 'open'
ORDER BY challenge_id
"""
ANSWER = """
UPDATE bailee.challenge SET state = $3, answered_at = $4, proof = $5
WHERE controller_id = $1 AND challenge_id = $2 AND state = 'open' RETURNING challenge_id
"""

INSERT_ORDER = """
INSERT INTO bailee.compulsion (controller_id, order_id, version, state, changed_at, told, sealed)
VALUES ($1, $2, 1, 'drafted', $3, false, $4)
"""
CHANGE_ORDER = """
UPDATE bailee.compulsion
SET version = $3 + 1, state = $4, changed_at = $5, told = $6, look_at = $7, sealed = $8
WHERE controller_id = $1 AND order_id = $2 AND version = $3 RETURNING version
"""
ONE_ORDER = """
SELECT order_id, version, state, changed_at, told, look_at, sealed FROM bailee.compulsion
WHERE controller_id = $1 AND order_id = $2
"""
ALL_ORDERS = """
SELECT order_id, version, state, changed_at, told, look_at, sealed FROM bailee.compulsion
WHERE controller_id = $1 ORDER BY order_id DESC
"""
ORDERS_TO_LOOK_AT = """
SELECT order_id FROM bailee.compulsion WHERE controller_id = $1 AND (state = 'telling' OR look_at <= $2)
ORDER BY order_id
"""

LOCK_TELLING = "SELECT gate_version FROM bailee.gate WHERE controller_id = $1 FOR UPDATE"
TOLD = """
SELECT n.subject, a.until_at FROM bailee.mailbox_act a
JOIN bailee.notice n ON n.controller_id = a.controller_id AND n.notice_id = a.notice_id
WHERE a.controller_id = $1 AND a.act = 'instruction-withdraw' AND a.state = 'open'
"""

WITH_CHALLENGES = "SELECT controller FROM bailee.due_challenges($1, $2)"
WITH_ORDERS = "SELECT controller FROM bailee.due_orders($1, $2)"
