"""Retention's SQL, by name. Every statement carries the controller; nothing sealed of a person is read."""

RULES = """
SELECT rule_id, version, state, made_at, confirmed_at, effective_at, ended_at, obligation_id, sealed
FROM bailee.retention_rule WHERE controller_id = $1 ORDER BY rule_id, version LIMIT 1000
"""
# The same for whoever carries them out: until that is done nobody ends one.
RULES_HELD = """
SELECT rule_id, version, state, made_at, confirmed_at, effective_at, ended_at, obligation_id, sealed
FROM bailee.retention_rule WHERE controller_id = $1 AND state = 'confirmed' ORDER BY rule_id, version FOR SHARE
"""
LOCK_RULE = """
SELECT rule_id, version, state, made_at, confirmed_at, effective_at, ended_at, obligation_id, sealed
FROM bailee.retention_rule WHERE controller_id = $1 AND rule_id = $2 ORDER BY version DESC FOR UPDATE
"""
INSERT_RULE = """
INSERT INTO bailee.retention_rule (controller_id, rule_id, version, state, made_at, sealed)
VALUES ($1, $2, $3, 'draft', $4, $5)
"""
CONFIRM = """
UPDATE bailee.retention_rule SET state = 'confirmed', confirmed_at = $4, effective_at = $5
WHERE controller_id = $1 AND rule_id = $2 AND version = $3
"""
END = """
UPDATE bailee.retention_rule SET state = 'ended', ended_at = $4, obligation_id = NULL
WHERE controller_id = $1 AND rule_id = $2 AND version = $3
"""
OWE = """
UPDATE bailee.retention_rule SET obligation_id = $4 WHERE controller_id = $1 AND rule_id = $2 AND version = $3
"""

BEGIN_LOOK = """
INSERT INTO bailee.retention_look (controller_id, look_id, rule_id, version, stage, after_person, after_record, began_at)
VALUES ($1, $2, $3, $4, 'people', $5, $5, $6)
"""
OPEN_PREVIEW = """
SELECT look_id, rule_id, version, stage, after_person, after_record, began_at, ended_at, seen FROM bailee.retention_look
WHERE controller_id = $1 AND rule_id IS NOT NULL AND stage <> 'done' ORDER BY look_id LIMIT 1 FOR UPDATE
"""
OPEN_RUN = """
SELECT look_id, rule_id, version, stage, after_person, after_record, began_at, ended_at, seen FROM bailee.retention_look
WHERE controller_id = $1 AND rule_id IS NULL AND stage <> 'done' ORDER BY look_id LIMIT 1 FOR UPDATE
"""
MOVE_LOOK = """
UPDATE bailee.retention_look SET stage = $3, after_person = $4, after_record = $5, seen = seen + $6, ended_at = $7
WHERE controller_id = $1 AND look_id = $2
"""
PREVIEW = """
SELECT look_id, rule_id, version, began_at, ended_at, seen FROM bailee.retention_look
WHERE controller_id = $1 AND rule_id = $2 ORDER BY look_id DESC LIMIT 1
"""
LAST_RUN = """
SELECT look_id, began_at, ended_at FROM bailee.retention_look
WHERE controller_id = $1 AND rule_id IS NULL AND stage = 'done' ORDER BY look_id DESC LIMIT 1
"""
# One look at everyone, and one of each draft, is kept: the last that is whole.
DELETE_RUN_COUNTS = """
DELETE FROM bailee.retention_count WHERE controller_id = $1 AND look_id IN (
    SELECT look_id FROM bailee.retention_look WHERE controller_id = $1 AND rule_id IS NULL AND look_id <> $2
)
"""
DELETE_RUNS = "DELETE FROM bailee.retention_look WHERE controller_id = $1 AND rule_id IS NULL AND look_id <> $2"
DELETE_PREVIEW_COUNTS = """
DELETE FROM bailee.retention_count WHERE controller_id = $1 AND look_id IN (
    SELECT look_id FROM bailee.retention_look WHERE controller_id = $1 AND rule_id = $2
)
"""
DELETE_PREVIEWS = "DELETE FROM bailee.retention_look WHERE controller_id = $1 AND rule_id = $2"

COUNT = """
INSERT INTO bailee.retention_count (controller_id, look_id, rule_id, type, person_groups, month, standing, number)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (controller_id, look_id, rule_id, type, person_groups, month, standing)
DO UPDATE SET number = bailee.retention_count.number + EXCLUDED.number
"""
COUNTED = """
SELECT rule_id, type, person_groups, month, standing, number FROM bailee.retention_count
WHERE controller_id = $1 AND look_id = $2 ORDER BY month, rule_id, type, person_groups, standing LIMIT 20000
"""
TAKEN = """
INSERT INTO bailee.retention_gone (controller_id, rule_id, type, day, number) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (controller_id, rule_id, type, day) DO UPDATE SET number = bailee.retention_gone.number + EXCLUDED.number
"""
GONE = """
SELECT rule_id, type, day, number FROM bailee.retention_gone WHERE controller_id = $1
ORDER BY day DESC, rule_id, type LIMIT $2
"""

LOOK_AT = """
INSERT INTO bailee.retention_clock (controller_id, run_at) VALUES ($1, $2)
ON CONFLICT (controller_id) DO UPDATE SET run_at = $2
"""
CLOCK = "SELECT run_at FROM bailee.retention_clock WHERE controller_id = $1"
LOCK_CLOCK = "SELECT run_at FROM bailee.retention_clock WHERE controller_id = $1 FOR UPDATE"
# Unless someone has asked meanwhile to look at once.
LOOK_AGAIN = "UPDATE bailee.retention_clock SET run_at = $3 WHERE controller_id = $1 AND run_at <= $2"
STOP_LOOKING = "DELETE FROM bailee.retention_clock WHERE controller_id = $1 AND run_at <= $2"

# The people of a look, in id order: what stands about them in clear. The last change is theirs or of a record of theirs.
PEOPLE_AFTER = """
SELECT p.person_id, p.groups, p.restricted, p.held, p.created_at, (
           SELECT a.roles FROM bailee.account a WHERE a.controller_id = p.controller_id AND a.person_id = p.person_id
       ) AS roles,
       greatest(p.updated_at, (
           SELECT max(r.updated_at) FROM bailee.record r
           WHERE r.controller_id = p.controller_id AND r.person_id = p.person_id
       )) AS changed_at,
       coalesce((
           SELECT a.signed_in_at FROM bailee.account a
           WHERE a.controller_id = p.controller_id AND a.person_id = p.person_id
       ), p.created_at) AS active_at
FROM bailee.person p
WHERE p.controller_id = $1 AND p.person_id > $2 AND p.state = 'living'
ORDER BY p.person_id LIMIT $3
"""
PEOPLE_NAMED = """
SELECT p.person_id, p.groups, p.restricted, p.held, p.created_at, (
           SELECT a.roles FROM bailee.account a WHERE a.controller_id = p.controller_id AND a.person_id = p.person_id
       ) AS roles,
       greatest(p.updated_at, (
           SELECT max(r.updated_at) FROM bailee.record r
           WHERE r.controller_id = p.controller_id AND r.person_id = p.person_id
       )) AS changed_at,
       coalesce((
           SELECT a.signed_in_at FROM bailee.account a
           WHERE a.controller_id = p.controller_id AND a.person_id = p.person_id
       ), p.created_at) AS active_at
FROM bailee.person p
WHERE p.controller_id = $1 AND p.person_id = ANY ($2::uuid[]) AND p.state = 'living'
ORDER BY p.person_id
"""
RECORDS_AFTER = """
SELECT person_id, record_id, type, class_id, version, created_at, updated_at, expires_at FROM bailee.record
WHERE controller_id = $1 AND (person_id, record_id) > ($2, $3)
ORDER BY person_id, record_id LIMIT $4
"""
RECORDS_NAMED = """
SELECT person_id, record_id, type, class_id, version, created_at, updated_at, expires_at FROM bailee.record
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND record_id = ANY ($3::uuid[])
ORDER BY person_id, record_id
"""
RECORDS_OF = """
SELECT person_id, record_id, type, class_id, version, created_at, updated_at, expires_at FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 ORDER BY record_id LIMIT $3
"""

# one question for every controller
WITH_PREVIEWS = "SELECT controller FROM bailee.due_retention_previews($1, $2)"
WITH_RETENTION = "SELECT controller FROM bailee.due_retention($1, $2)"

DELETE_ALL_RULES = "DELETE FROM bailee.retention_rule WHERE controller_id = $1"
DELETE_ALL_LOOKS = "DELETE FROM bailee.retention_look WHERE controller_id = $1"
DELETE_ALL_COUNTS = "DELETE FROM bailee.retention_count WHERE controller_id = $1"
DELETE_ALL_GONE = "DELETE FROM bailee.retention_gone WHERE controller_id = $1"
DELETE_CLOCK = "DELETE FROM bailee.retention_clock WHERE controller_id = $1"
STAGE = "SELECT stage FROM bailee.retention_look WHERE controller_id = $1 AND look_id = $2"
