"""The vault's SQL, by name. Every statement carries the controller; rows are locked in id order."""

READ = "SELECT * FROM bailee.read($1, $2, $3, $4, $5)"
# The first eight arguments are those of the ledger's APPEND.
APPEND_AND_READ = "SELECT * FROM bailee.append_and_read($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"

GATE = "SELECT gate_version, state FROM bailee.gate WHERE controller_id = $1"

INSERT_PERSON = """
INSERT INTO bailee.person
    (controller_id, person_id, state, groups, key_id, version, created_at, updated_at)
VALUES ($1, $2, 'living', $3, $4, 1, $5, $5)
"""
LOCK_PERSON = """
SELECT state, groups, restricted, exceptions, objections, facts, held, key_id, version FROM bailee.person
WHERE controller_id = $1 AND person_id = $2 FOR NO KEY UPDATE
"""
PERSON = """
SELECT person_id, state, groups, restricted, exceptions, objections, held, key_id, version, created_at, updated_at
FROM bailee.person WHERE controller_id = $1 AND person_id = $2
"""
PERSONS_AFTER = """
SELECT person_id, state, groups, restricted, exceptions, objections, held, key_id, version, created_at, updated_at
FROM bailee.person WHERE controller_id = $1 AND person_id > $2 AND state = 'living'
ORDER BY person_id LIMIT $3
"""
# Whoever can still be opened: the living, and the merged whose originals wait for the end of a term.
PERSONS_WITH_KEYS_AFTER = """
SELECT person_id, key_id FROM bailee.person
WHERE controller_id = $1 AND person_id > $2 AND state IN ('living', 'merged') ORDER BY person_id LIMIT $3
"""
HELD_OR_ERASING = """
SELECT count(*) FROM bailee.person WHERE controller_id = $1 AND (held OR state = 'erasing')
"""
COUNT_PERSONS = "SELECT count(*) FROM bailee.person WHERE controller_id = $1 AND state = 'living'"
CHANGE_PERSON = """
UPDATE bailee.person SET groups = $3, restricted = $4, objections = $5, exceptions = $8, version = version + 1,
    updated_at = $6
WHERE controller_id = $1 AND person_id = $2 AND version = $7 RETURNING version
"""
MARK_ERASING = """
UPDATE bailee.person SET state = 'erasing', version = version + 1, updated_at = $3
WHERE controller_id = $1 AND person_id = $2
"""
MARK_ERASED = """
UPDATE bailee.person
SET state = 'erased', groups = '{}', objections = '{}', exceptions = '{}', key_id = NULL, restricted = false, updated_at = $3
WHERE controller_id = $1 AND person_id = $2
"""
INSERT_TOMBSTONE = """
INSERT INTO bailee.person (controller_id, person_id, state, groups, version, created_at, updated_at)
VALUES ($1, $2, 'erased', '{}', 1, $3, $3) ON CONFLICT (controller_id, person_id) DO NOTHING
"""
# Who may have a key: an erased person's comes back where the key store alone is put back.
WITH_A_KEY = """
SELECT person_id FROM bailee.person WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND state <> 'erased'
"""

INSERT_RECORD = """
INSERT INTO bailee.record
    (controller_id, person_id, record_id, type, class_id, version, created_at, updated_at, expires_at, sealed)
VALUES ($1, $2, $3, $4, $5, 1, $6, $6, $7, $8)
"""
RECORD = """
SELECT record_id, type, class_id, version, created_at, updated_at, expires_at, sealed FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 AND record_id = $3
"""
REPLACE_RECORD = """
UPDATE bailee.record SET version = $5 + 1, updated_at = $6, sealed = $7
WHERE controller_id = $1 AND person_id = $2 AND record_id = $3 AND type = $4 AND version = $5
RETURNING version
"""
# The first eight arguments are those of the ledger's APPEND.
APPEND_AND_REWRITE = """
SELECT n FROM bailee.append_and_rewrite($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
DELETE_RECORD = """
DELETE FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 AND record_id = $3 AND type = $4
"""
RECORDS_OF_PERSON = """
SELECT r.person_id, p.facts, p.key_id,
       r.record_id, r.type, r.class_id, r.version, r.created_at, r.updated_at, r.expires_at, r.sealed
FROM bailee.record r
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND r.person_id = $2 AND r.record_id > $3 AND ($4::text IS NULL OR r.type = $4)
ORDER BY r.record_id LIMIT $5
"""
RECORDS_OF_PEOPLE = """
SELECT r.person_id, p.facts, p.key_id,
       r.record_id, r.type, r.class_id, r.version, r.created_at, r.updated_at, r.expires_at, r.sealed
FROM bailee.record r
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND r.person_id = ANY ($2::uuid[]) AND r.type = $3
ORDER BY r.person_id, r.record_id LIMIT $4
"""
RECORDS_AFTER = """
SELECT r.person_id, p.facts, p.key_id,
       r.record_id, r.type, r.class_id, r.version, r.created_at, r.updated_at, r.expires_at, r.sealed
FROM bailee.record r
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND (r.person_id, r.record_id) > ($2, $3) AND ($4::text IS NULL OR r.type = $4)
ORDER BY r.person_id, r.record_id LIMIT $5
"""
VERSIONS_OF_PERSON = """
SELECT record_id, version, sealed FROM bailee.record WHERE controller_id = $1 AND person_id = $2
"""
DELETE_RECORDS_OF_PERSON = "DELETE FROM bailee.record WHERE controller_id = $1 AND person_id = $2"
COUNT_RECORDS_OF_PERSON = "SELECT count(*) FROM bailee.record WHERE controller_id = $1 AND person_id = $2"
COUNT_RECORDS = "SELECT type, count(*) AS records FROM bailee.record WHERE controller_id = $1 GROUP BY type"

INSERT_TAG = """
INSERT INTO bailee.blind_index (controller_id, tag, person_id, record_id) VALUES ($1, $2, $3, $4)
"""
DELETE_TAGS = """
DELETE FROM bailee.blind_index WHERE controller_id = $1 AND person_id = $2 AND record_id = $3
"""
DELETE_TAGS_OF_PERSON = "DELETE FROM bailee.blind_index WHERE controller_id = $1 AND person_id = $2"
HITS = "SELECT * FROM bailee.hits($1, $2, $3, $4, $5, $6)"

# A part of a relation goes with its record, or with its person; that it was there stays.
LET_PART_GO = """
UPDATE bailee.relation_part SET person_id = NULL, record_id = NULL, gone_at = $4
WHERE controller_id = $1 AND person_id = $2 AND record_id = $3
"""
LET_PARTS_OF_PERSON_GO = """
UPDATE bailee.relation_part SET person_id = NULL, record_id = NULL, gone_at = $3
WHERE controller_id = $1 AND person_id = $2
"""

CLASS_BY_DIGEST = "SELECT class_id FROM bailee.policy_class WHERE controller_id = $1 AND digest = $2"
LOCK_GATE = "SELECT gate_version, state FROM bailee.gate WHERE controller_id = $1 FOR UPDATE"
LAST_CLASS = "SELECT coalesce(max(class_id), 0) FROM bailee.policy_class WHERE controller_id = $1"
INSERT_CLASS = """
INSERT INTO bailee.policy_class (controller_id, class_id, digest, type, purposes, retention, recipients, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
CLASSES = """
SELECT class_id, type, purposes, retention, recipients, source FROM bailee.policy_class
WHERE controller_id = $1
"""

INSERT_TYPE = """
INSERT INTO bailee.record_type (controller_id, type, version, schema, declared_at, steps)
VALUES ($1, $2, $3, $4, $5, $6)
"""
TYPES = """
SELECT type, version, schema, steps FROM bailee.record_type WHERE controller_id = $1 ORDER BY type, version
"""

INSERT_ERASURE = """
INSERT INTO bailee.erasure (controller_id, person_id, key_id, step, records, asked_at)
VALUES ($1, $2, $3, 'marked', 0, $4)
ON CONFLICT (controller_id, person_id) DO UPDATE
SET key_id = $3, step = 'marked', records = 0, asked_at = $4, unreadable_at = NULL, final_at = NULL
"""
COUNT_ERASED = "UPDATE bailee.erasure SET records = $3 WHERE controller_id = $1 AND person_id = $2"
STEP_ERASURE = """
UPDATE bailee.erasure SET step = $3, unreadable_at = coalesce(unreadable_at, $4)
WHERE controller_id = $1 AND person_id = $2 AND step <> 'done'
"""
ERASURE = """
SELECT person_id, key_id, step, records, asked_at, unreadable_at, final_at FROM bailee.erasure
WHERE controller_id = $1 AND person_id = $2
"""
OPEN_ERASURES = """
SELECT person_id, key_id, step, records, asked_at, unreadable_at, final_at FROM bailee.erasure
WHERE controller_id = $1 AND step <> 'done' ORDER BY person_id LIMIT $2
"""
FINAL_PENDING = """
SELECT count(*) FROM bailee.erasure WHERE controller_id = $1 AND step = 'done' AND final_at IS NULL
"""
CLOSE_ERASURES = """
UPDATE bailee.erasure SET final_at = $3
WHERE controller_id = $1 AND step = 'done' AND final_at IS NULL AND unreadable_at <= $2
"""

DELETE_ALL_RECORDS = "DELETE FROM bailee.record WHERE controller_id = $1"
DELETE_ALL_RELATIONS = "DELETE FROM bailee.relation_part WHERE controller_id = $1"
DELETE_ALL_TAGS = "DELETE FROM bailee.blind_index WHERE controller_id = $1"
DELETE_ALL_IDEMPOTENCY = "DELETE FROM bailee.idempotency WHERE controller_id = $1"
DELETE_ALL_ERASURES = "DELETE FROM bailee.erasure WHERE controller_id = $1"
DELETE_ALL_CLASSES = "DELETE FROM bailee.policy_class WHERE controller_id = $1"
DELETE_ALL_TYPES = "DELETE FROM bailee.record_type WHERE controller_id = $1"
ERASE_ALL_PERSONS = """
UPDATE bailee.person
SET state = 'erased', groups = '{}', objections = '{}', exceptions = '{}', key_id = NULL, restricted = false, updated_at = $2
WHERE controller_id = $1 AND state <> 'erased'
"""
LEFT_BEHIND = """
SELECT (SELECT count(*) FROM bailee.record WHERE controller_id = $1) AS records,
       (SELECT count(*) FROM bailee.blind_index WHERE controller_id = $1) AS tags,
       (SELECT count(*) FROM bailee.idempotency WHERE controller_id = $1) AS idempotency,
       (SELECT count(*) FROM bailee.file WHERE controller_id = $1) AS files,
       (SELECT count(*) FROM bailee.person WHERE controller_id = $1 AND state <> 'erased') AS persons
"""

INSERT_FILE = """
INSERT INTO bailee.file (controller_id, person_id, file_id, type, class_id, blob, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'writing', $7)
"""
HOLD_FILE = """
UPDATE bailee.file SET state = 'held', size = $4, digest = $5, sealed = $6
WHERE controller_id = $1 AND person_id = $2 AND file_id = $3 AND state = 'writing' RETURNING class_id
"""
FILE = """
SELECT f.person_id, p.facts, p.key_id,
       f.file_id, f.type, f.class_id, f.blob, f.size, f.digest, f.created_at, f.sealed
FROM bailee.file f
JOIN bailee.person p ON p.controller_id = f.controller_id AND p.person_id = f.person_id
WHERE f.controller_id = $1 AND f.person_id = $2 AND f.type = $3 AND f.state = 'held'
  AND ($4::uuid IS NULL OR f.file_id = $4)
ORDER BY f.file_id DESC LIMIT 1
"""
FILES_OF_PERSON = """
SELECT f.person_id, p.facts, p.key_id,
       f.file_id, f.type, f.class_id, f.blob, f.size, f.digest, f.created_at, f.sealed
FROM bailee.file f
JOIN bailee.person p ON p.controller_id = f.controller_id AND p.person_id = f.person_id
WHERE f.controller_id = $1 AND f.person_id = $2 AND f.file_id > $3 AND f.state = 'held'
ORDER BY f.file_id LIMIT $4
"""
FILES_AFTER = """
SELECT f.person_id, p.facts, p.key_id,
       f.file_id, f.type, f.class_id, f.blob, f.size, f.digest, f.created_at, f.sealed
FROM bailee.file f
JOIN bailee.person p ON p.controller_id = f.controller_id AND p.person_id = f.person_id
WHERE f.controller_id = $1 AND (f.person_id, f.file_id) > ($2, $3) AND f.state = 'held'
ORDER BY f.person_id, f.file_id LIMIT $4
"""
LET_FILE_GO = """
UPDATE bailee.file SET state = 'gone', digest = NULL, sealed = NULL
WHERE controller_id = $1 AND person_id = $2 AND file_id = $3 AND state <> 'gone'
"""
LET_FILES_OF_PERSON_GO = """
UPDATE bailee.file SET state = 'gone', digest = NULL, sealed = NULL
WHERE controller_id = $1 AND person_id = $2 AND state <> 'gone'
"""
LET_UNFINISHED_GO = """
UPDATE bailee.file SET state = 'gone', digest = NULL, sealed = NULL
WHERE controller_id = $1 AND state = 'writing' AND created_at < $2
"""
GONE_FILES = """
SELECT person_id, file_id, blob FROM bailee.file WHERE controller_id = $1 AND state = 'gone'
  AND ($2::uuid IS NULL OR person_id = $2) ORDER BY person_id, file_id LIMIT $3
"""
DELETE_FILE = """
DELETE FROM bailee.file WHERE controller_id = $1 AND person_id = $2 AND file_id = $3 AND state = 'gone'
"""
KNOWN_BLOBS = "SELECT blob FROM bailee.file WHERE controller_id = $1 AND blob = ANY ($2::uuid[])"
DIGESTS_OF_PERSON = """
SELECT file_id, digest FROM bailee.file WHERE controller_id = $1 AND person_id = $2 AND state = 'held'
"""
PROFILE_OF_PERSON = """
SELECT record_id FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 AND type = 'profile' ORDER BY record_id LIMIT 1
"""
COUNT_FILES = """
SELECT type, count(*) AS files FROM bailee.file WHERE controller_id = $1 AND state = 'held' GROUP BY type
"""
DELETE_ALL_FILES = "DELETE FROM bailee.file WHERE controller_id = $1"

# who has something due: one question for every controller
WITH_ERASURES = "SELECT controller FROM bailee.due_erasures($1, $2)"
WITH_ERASURES_NOT_FINAL = "SELECT controller FROM bailee.due_finality($1, $2)"
WITH_FILES_TO_GO = "SELECT controller FROM bailee.due_files($1, $2)"
