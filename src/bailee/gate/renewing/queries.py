"""The SQL of renewing. Every statement carries the controller."""

GATE_VERSION = "SELECT gate_version FROM bailee.gate WHERE controller_id = $1"
TOKENS_STATE = "SELECT name_tokens FROM bailee.gate WHERE controller_id = $1"
SWITCH_TOKENS = "UPDATE bailee.gate SET name_tokens = $2, gate_version = gate_version + 1 WHERE controller_id = $1"
RENEWALS = """
SELECT type, since, round, after_person, after_record, looked, rewritten, retagged, kept FROM bailee.renewal
WHERE controller_id = $1 ORDER BY type
"""
LOCK_RENEWAL = """
SELECT type, since, round, after_person, after_record, looked, rewritten, retagged, kept FROM bailee.renewal
WHERE controller_id = $1 AND type = $2 FOR UPDATE
"""
BEGIN_RENEWAL = """
INSERT INTO bailee.renewal
    (controller_id, type, since, round, after_person, after_record, looked, rewritten, retagged, kept)
VALUES ($1, $2, $3, 1, $4, $4, 0, 0, 0, 0)
ON CONFLICT (controller_id, type) DO UPDATE SET since = $3, round = 1, after_person = $4, after_record = $4,
    looked = 0, rewritten = 0, retagged = 0, kept = 0
"""
MOVE_RENEWAL = """
UPDATE bailee.renewal SET round = $3, after_person = $4, after_record = $5, looked = $6, rewritten = $7, retagged = $8,
    kept = $9
WHERE controller_id = $1 AND type = $2
"""
END_RENEWAL = "DELETE FROM bailee.renewal WHERE controller_id = $1 AND type = $2"
COUNT_OF_TYPES = """
SELECT type, count(*) AS records FROM bailee.record WHERE controller_id = $1 AND type = ANY ($2::text[]) GROUP BY type
"""

DELETE_TOKENS = "DELETE FROM bailee.blind_index WHERE controller_id = $1 AND tag = ANY ($2::bytea[])"

# Renewing: the records of a type gone through in id order, under the locks of their persons.
TO_RENEW = """
SELECT person_id, record_id FROM bailee.record
WHERE controller_id = $1 AND type = $2 AND (person_id, record_id) > ($3, $4) AND updated_at >= $5
ORDER BY person_id, record_id LIMIT $6
"""
LOCK_PERSONS = """
SELECT person_id, facts, held, key_id FROM bailee.person
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) ORDER BY person_id FOR NO KEY UPDATE
"""
RECORDS_AT = """
SELECT person_id, record_id, type, class_id, version, sealed FROM bailee.record
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND record_id = ANY ($3::uuid[])
ORDER BY person_id, record_id
"""
TAGS_AT = """
SELECT person_id, record_id, tag FROM bailee.blind_index
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND record_id = ANY ($3::uuid[])
"""
RESEAL_RECORD = """
UPDATE bailee.record SET version = $4 + 1, sealed = $5
WHERE controller_id = $1 AND person_id = $2 AND record_id = $3 AND version = $4
"""
WITH_RENEWALS = "SELECT controller FROM bailee.due_renewals($1, $2)"
