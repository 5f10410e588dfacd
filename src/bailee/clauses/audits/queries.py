"""The SQL of audits, by name. Every statement carries the controller."""

INSERT = """
INSERT INTO bailee.audit (controller_id, audit_id, version, state, changed_at, access_until, sealed)
VALUES ($1, $2, 1, $3, $4, NULL, $5)
"""
ONE = "SELECT audit_id, version, sealed FROM bailee.audit WHERE controller_id = $1 AND audit_id = $2"
LOCK = "SELECT audit_id, version, sealed FROM bailee.audit WHERE controller_id = $1 AND audit_id = $2 FOR UPDATE"
ALL = "SELECT audit_id, version, sealed FROM bailee.audit WHERE controller_id = $1 ORDER BY audit_id DESC"
CHANGE = """
UPDATE bailee.audit SET version = $3 + 1, state = $4, changed_at = $5, access_until = $6, sealed = $7
WHERE controller_id = $1 AND audit_id = $2 AND version = $3 RETURNING version
"""
ENDING = "SELECT audit_id FROM bailee.audit WHERE controller_id = $1 AND access_until < $2 ORDER BY audit_id"

INSERT_PACK = """
INSERT INTO bailee.audit_pack (controller_id, audit_id, digest, made_at, sealed) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (controller_id, audit_id, digest) DO NOTHING
"""
PACK = "SELECT sealed FROM bailee.audit_pack WHERE controller_id = $1 AND audit_id = $2 AND digest = $3"

DELETE_ALL = "DELETE FROM bailee.audit WHERE controller_id = $1"
DELETE_ALL_PACKS = "DELETE FROM bailee.audit_pack WHERE controller_id = $1"

WITH_ACCESS = "SELECT controller FROM bailee.due_audit_access($1, $2)"
