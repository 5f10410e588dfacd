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
