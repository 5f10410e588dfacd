"""The SQL of reconciliation, by name. Every statement carries the controller; persons are locked in id order."""

# Windows of the blind index: $2 the tag after which a window begins, $3 how many rows it has.
WINDOW_END = """
SELECT tag FROM bailee.blind_index WHERE controller_id = $1 AND tag > $2 ORDER BY tag OFFSET $3 LIMIT 1
"""
SHARED_TAGS = """
SELECT b.tag, array_agg(DISTINCT b.person_id) AS persons
FROM bailee.blind_index b
JOIN bailee.person p ON p.controller_id = b.controller_id AND p.person_id = b.person_id
WHERE b.controller_id = $1 AND b.tag > $2 AND ($3::bytea IS NULL OR b.tag <= $3)
  AND p.state = 'living' AND NOT p.restricted
GROUP BY b.tag HAVING count(DISTINCT b.person_id) > 1 AND count(DISTINCT b.person_id) <= $4
ORDER BY b.tag LIMIT $5
"""
PROFILES = """
SELECT DISTINCT ON (r.person_id) r.person_id, r.record_id
FROM bailee.record r
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND r.person_id = ANY ($2::uuid[]) AND r.type = 'profile' AND p.state = 'living'
    AND (r.expires_at IS NULL OR r.expires_at > $3)
ORDER BY r.person_id, r.record_id
"""

DISMISSED = """
SELECT first_id, second_id FROM bailee.dismissed_pair
WHERE controller_id = $1 AND first_id = ANY ($2::uuid[]) AND second_id = ANY ($2::uuid[])
"""
DISMISS = """
INSERT INTO bailee.dismissed_pair (controller_id, first_id, second_id, actor, dismissed_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (controller_id, first_id, second_id) DO NOTHING
"""

# Technical data stay with whom they were written about: they go with the absorbed, and nobody combines them.
RECORDS = """
SELECT record_id, type, class_id, version, created_at, updated_at, expires_at, sealed FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 AND type <> 'activity' AND (expires_at IS NULL OR expires_at > $3)
ORDER BY record_id LIMIT $4
"""
INSERT_RECORD = """
INSERT INTO bailee.record
    (controller_id, person_id, record_id, type, class_id, version, created_at, updated_at, expires_at, sealed)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9)
"""
INSERT_TAG = """
INSERT INTO bailee.blind_index (controller_id, tag, person_id, record_id) VALUES ($1, $2, $3, $4)
"""
HELD_FILES = """
SELECT file_id, type, class_id, created_at, NULL::timestamptz AS expires_at FROM bailee.file
WHERE controller_id = $1 AND person_id = $2 AND state = 'held' ORDER BY file_id LIMIT $3
"""
FILE_STANDS = """
SELECT file_id, 1 AS version FROM bailee.file
WHERE controller_id = $1 AND person_id = $2 AND file_id = $3 AND state = 'held'
"""

CHANGE_STATE = """
UPDATE bailee.person SET state = $3, version = version + 1, updated_at = $4
WHERE controller_id = $1 AND person_id = $2
"""

INSERT_MERGE = """
INSERT INTO bailee.merge
    (controller_id, merge_id, survivor_id, absorbed_id, state, actor, merged_at, due_at, groups_before, groups_after,
     objections_before, objections_after, account_state)
VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, $11, $12)
"""
INSERT_MERGE_RECORD = """
INSERT INTO bailee.merge_record
    (controller_id, merge_id, person_id, record_id, type, class_id, created_at, expires_at, version, origin_id,
     origin_version, sealed, relation_id, relation_part)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
MOVE_PART = """
UPDATE bailee.relation_part SET person_id = $4, record_id = $5
WHERE controller_id = $1 AND person_id = $2 AND record_id = $3 RETURNING relation_id, part
"""
REVIVE_PART = """
UPDATE bailee.relation_part SET person_id = $4, record_id = $5, gone_at = NULL
WHERE controller_id = $1 AND relation_id = $2 AND part = $3 AND gone_at IS NOT NULL
"""
MERGE = """
SELECT merge_id, survivor_id, absorbed_id, state, actor, merged_at, due_at, closed_at, groups_before, groups_after,
       objections_before, objections_after, account_state
FROM bailee.merge WHERE controller_id = $1 AND merge_id = $2
"""
LOCK_MERGE = """
SELECT merge_id, survivor_id, absorbed_id, state, actor, merged_at, due_at, closed_at, groups_before, groups_after,
       objections_before, objections_after, account_state
FROM bailee.merge WHERE controller_id = $1 AND merge_id = $2 FOR NO KEY UPDATE
"""
OPEN_MERGES = """
SELECT merge_id, survivor_id, absorbed_id, state, actor, merged_at, due_at, closed_at, groups_before, groups_after,
       objections_before, objections_after, account_state
FROM bailee.merge WHERE controller_id = $1 AND state = 'open' AND due_at > $2 ORDER BY merge_id DESC LIMIT $3
"""
ALIAS = """
SELECT survivor_id FROM bailee.merge
WHERE controller_id = $1 AND absorbed_id = $2 AND state <> 'undone' ORDER BY merge_id DESC LIMIT 1
"""
ABSORBED = """
SELECT absorbed_id FROM bailee.merge
WHERE controller_id = $1 AND survivor_id = ANY ($2::uuid[]) AND state <> 'undone' ORDER BY merge_id LIMIT $3
"""
DUE_MERGES = """
SELECT merge_id, absorbed_id FROM bailee.merge
WHERE controller_id = $1 AND (state = 'orphaned' OR (state = 'open' AND due_at <= $2)) ORDER BY merge_id LIMIT $3
"""
MERGE_RECORDS = """
SELECT record_id, type, class_id, created_at, expires_at, version, origin_id, origin_version, sealed, relation_id,
       relation_part
FROM bailee.merge_record
WHERE controller_id = $1 AND merge_id = $2 ORDER BY record_id
"""
CLOSE_MERGE = """
UPDATE bailee.merge SET state = $3, closed_at = $4 WHERE controller_id = $1 AND merge_id = $2
"""
DELETE_MERGE_RECORDS = "DELETE FROM bailee.merge_record WHERE controller_id = $1 AND merge_id = $2"

# What leaves with a person, and with a controller. Whoever was merged into a person leaves after them.
ORPHAN_MERGES = """
UPDATE bailee.merge SET state = 'orphaned' WHERE controller_id = $1 AND survivor_id = $2 AND state = 'open'
"""
DELETE_SNAPSHOTS = "DELETE FROM bailee.merge_record WHERE controller_id = $1 AND person_id = $2"
DELETE_DISMISSED = """
DELETE FROM bailee.dismissed_pair WHERE controller_id = $1 AND (first_id = $2 OR second_id = $2)
"""
DELETE_ALL_MERGES = "DELETE FROM bailee.merge WHERE controller_id = $1"
DELETE_ALL_SNAPSHOTS = "DELETE FROM bailee.merge_record WHERE controller_id = $1"
DELETE_ALL_DISMISSED = "DELETE FROM bailee.dismissed_pair WHERE controller_id = $1"

OWN_RECORDS = """
SELECT record_id, type, class_id, version, created_at, updated_at, expires_at, sealed FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 AND type IN ('profile', 'scim') AND (expires_at IS NULL OR expires_at > $3)
ORDER BY record_id
"""
END_MERGED_SESSIONS = """
UPDATE bailee.session SET ended_at = $3 WHERE controller_id = $1 AND person_id = $2 AND ended_at IS NULL
"""
WITH_DUE_MERGES = "SELECT controller FROM bailee.due_merges($1, $2)"
