"""The gate's SQL, by name. Every statement carries the controller."""

GATE = "SELECT gate_version, state, listening, name_tokens FROM bailee.gate WHERE controller_id = $1"
OPEN_GATE = "INSERT INTO bailee.gate (controller_id, gate_version, state) VALUES ($1, 1, 'open')"
BUMP_GATE = "UPDATE bailee.gate SET gate_version = gate_version + 1 WHERE controller_id = $1"
CLOSE_GATE = "UPDATE bailee.gate SET gate_version = gate_version + 1, state = $2 WHERE controller_id = $1"

DOCUMENTS = """
SELECT document_id, kind, recorded_at, sealed FROM bailee.document
WHERE controller_id = $1 ORDER BY document_id
"""
INSERT_DOCUMENT = """
INSERT INTO bailee.document (controller_id, document_id, kind, digest, recorded_at, sealed)
VALUES ($1, $2, $3, $4, $5, $6)
"""

INSERT_CREDENTIAL = """
INSERT INTO bailee.credential
    (controller_id, credential_id, actor, actor_kind, purposes, secret_digest, created_at, expires_at, issued_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
CREDENTIAL = """
SELECT credential_id, actor, actor_kind, purposes, secret_digest, expires_at, revoked_at
FROM bailee.credential WHERE controller_id = $1 AND credential_id = $2
"""
CREDENTIALS = """
SELECT credential_id, actor, actor_kind, purposes, created_at, expires_at, revoked_at, used_at, replaced_by
FROM bailee.credential WHERE controller_id = $1 ORDER BY credential_id
"""
REVOKE_CREDENTIAL = """
UPDATE bailee.credential SET revoked_at = $3
WHERE controller_id = $1 AND credential_id = $2 AND revoked_at IS NULL RETURNING credential_id
"""

LOCK_CREDENTIAL = """
SELECT actor, actor_kind, purposes, created_at, expires_at FROM bailee.credential
WHERE controller_id = $1 AND credential_id = $2 AND revoked_at IS NULL AND replaced_by IS NULL AND expires_at > $3
FOR UPDATE
"""
REPLACE_CREDENTIAL = """
UPDATE bailee.credential SET replaced_by = $3, expires_at = least(expires_at, $4)
WHERE controller_id = $1 AND credential_id = $2
"""
USED_CREDENTIAL = """
UPDATE bailee.credential SET used_at = $3
WHERE controller_id = $1 AND credential_id = $2 AND (used_at IS NULL OR used_at < $3)
"""
REVOKED = """
SELECT credential_id FROM bailee.credential
WHERE controller_id = $1 AND revoked_at IS NOT NULL AND expires_at > $2
"""

STANDING = "SELECT actor, fact, until FROM bailee.standing WHERE controller_id = $1"
WRITE_STANDING = """
INSERT INTO bailee.standing (controller_id, actor, fact, until, written_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (controller_id, actor, fact) DO UPDATE SET until = $4, written_at = $5
"""

IDEMPOTENT = """
SELECT request, status, persons, records, version FROM bailee.idempotency
WHERE controller_id = $1 AND tag = $2
"""
REMEMBER = """
INSERT INTO bailee.idempotency (controller_id, tag, request, status, persons, records, version, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
FORGET = "DELETE FROM bailee.idempotency WHERE controller_id = $1 AND made_at < $2"

FILED = "SELECT document_id FROM bailee.document WHERE controller_id = $1 AND digest = $2"

# The directory is a table of the control database: a list of companies, no personal data.
DIRECTORY = "SELECT controller_id, name, kind, created_at FROM bailee.directory ORDER BY kind DESC, controller_id"
INSERT_DIRECTORY = """
INSERT INTO bailee.directory (controller_id, name, kind, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (controller_id) DO NOTHING
"""
PLATFORM = "SELECT controller_id FROM bailee.directory WHERE kind = 'platform'"

# What stands beside the documents (`gate/beside.py`).
SUSPENSIONS = "SELECT challenge_id, instruction FROM bailee.suspension WHERE controller_id = $1 ORDER BY challenge_id"
SUSPEND = """
INSERT INTO bailee.suspension (controller_id, challenge_id, instruction, since) VALUES ($1, $2, $3, $4)
"""
LIFT = "DELETE FROM bailee.suspension WHERE controller_id = $1 AND challenge_id = $2"
ORDERS = "SELECT order_id, sealed FROM bailee.compelled WHERE controller_id = $1 ORDER BY order_id"
COMPEL = """
INSERT INTO bailee.compelled (controller_id, order_id, written_at, sealed) VALUES ($1, $2, $3, $4)
"""
RELEASE = "DELETE FROM bailee.compelled WHERE controller_id = $1 AND order_id = $2"
ENGAGEMENTS = """
SELECT engagement_id, label, categories, places, since, until FROM bailee.engagement
WHERE controller_id = $1 ORDER BY engagement_id DESC
"""
ENGAGE = """
INSERT INTO bailee.engagement (controller_id, engagement_id, label, categories, places, since, until)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (controller_id, engagement_id) DO UPDATE SET since = $6, until = $7
"""
END_ENGAGEMENTS = """
UPDATE bailee.engagement SET until = $3
WHERE controller_id = $1 AND label = $2 AND engagement_id <> $4 AND (until IS NULL OR until > $3)
RETURNING engagement_id
"""
DISENGAGE = "DELETE FROM bailee.engagement WHERE controller_id = $1 AND engagement_id = $2"
DELETE_ENGAGEMENTS = "DELETE FROM bailee.engagement WHERE controller_id = $1"
DELETE_SUSPENSIONS = "DELETE FROM bailee.suspension WHERE controller_id = $1"
DELETE_COMPELLED = "DELETE FROM bailee.compelled WHERE controller_id = $1"

# What has served its time, oldest first (`gate/expiring.py`), and the people it is about.
EXPIRED = """
SELECT person_id, record_id, type, version, expires_at FROM bailee.record
WHERE controller_id = $1 AND expires_at <= $2 AND (expires_at, record_id) > ($3, $4)
ORDER BY expires_at, record_id LIMIT $5
"""
WITH_EXPIRED = "SELECT controller FROM bailee.due_expired($1, $2)"
LOCK_PEOPLE = """
SELECT person_id, facts, held, key_id FROM bailee.person
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) ORDER BY person_id FOR NO KEY UPDATE
"""

DELETE_CREDENTIALS = "DELETE FROM bailee.credential WHERE controller_id = $1"
DELETE_STANDING = "DELETE FROM bailee.standing WHERE controller_id = $1"

# $3 of each tag at most, and no more are looked at: a value that half of everyone shares costs what a rare one costs.
TAGGED = """
SELECT sought.tag, hit.person_id, hit.record_id
FROM unnest($2::bytea[]) AS sought (tag)
CROSS JOIN LATERAL (
    SELECT person_id, record_id FROM bailee.blind_index
    WHERE controller_id = $1 AND tag = sought.tag ORDER BY person_id, record_id LIMIT $3
) hit
ORDER BY hit.person_id, hit.record_id
"""

DELETE_RENEWALS = "DELETE FROM bailee.renewal WHERE controller_id = $1"

# one question for every controller
WITH_OLD_KEYS = "SELECT controller FROM bailee.due_old_idempotency($1, $2)"
VERSIONS = "SELECT controller, version FROM bailee.gate_versions($1)"
