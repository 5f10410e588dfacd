"""The SQL of breaches, by name. Every statement carries the controller; the processor's own files are the platform's.

What computes a scope only reads, a page of ids at a time, and writes to a table of its own: nobody waits for it.
"""

INSERT_BREACH = """
INSERT INTO bailee.breach (controller_id, breach_id, version, state, found_at, aware_at, waits, sealed)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7)
"""
CHANGE_BREACH = """
UPDATE bailee.breach SET version = $3 + 1, state = $4, aware_at = $5, waits = $6, sealed = $7
WHERE controller_id = $1 AND breach_id = $2 AND version = $3 RETURNING version
"""
BREACH = "SELECT breach_id, version, sealed FROM bailee.breach WHERE controller_id = $1 AND breach_id = $2"
BREACHES = """
SELECT breach_id, version, sealed FROM bailee.breach WHERE controller_id = $1 ORDER BY breach_id DESC LIMIT $2
"""
WAITING = """
SELECT breach_id, version, sealed FROM bailee.breach WHERE controller_id = $1 AND waits ORDER BY breach_id LIMIT $2
"""
DELETE_BREACHES = "DELETE FROM bailee.breach WHERE controller_id = $1"

INSERT_CASE = """
INSERT INTO bailee.breach_case (controller_id, case_id, breach_id, version, state, opened_at, look_at, sealed)
VALUES ($1, $2, $3, 1, $4, $5, $6, $7) ON CONFLICT (controller_id, breach_id) DO NOTHING RETURNING case_id
"""
CHANGE_CASE = """
UPDATE bailee.breach_case SET version = $3 + 1, state = $4, look_at = $5, sealed = $6
WHERE controller_id = $1 AND case_id = $2 AND version = $3 RETURNING version
"""
CASE = "SELECT case_id, version, sealed FROM bailee.breach_case WHERE controller_id = $1 AND case_id = $2"
CASES = """
SELECT case_id, version, sealed FROM bailee.breach_case WHERE controller_id = $1 ORDER BY opened_at DESC, case_id LIMIT $2
"""
CASES_TO_LOOK_AT = """
SELECT case_id, version, sealed FROM bailee.breach_case WHERE controller_id = $1 AND look_at <= $2
ORDER BY look_at, case_id LIMIT $3
"""
DELETE_CASES = "DELETE FROM bailee.breach_case WHERE controller_id = $1"

REACHED = """
INSERT INTO bailee.breach_reach (controller_id, case_id, scope, person_id, record_id, type, many)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (controller_id, case_id, scope, person_id, record_id) DO NOTHING
"""
# Of one who was merged into another, under whose id it stands from then on.
REACHED_WITH = """
INSERT INTO bailee.breach_reach (controller_id, case_id, scope, person_id, record_id, type, many)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (controller_id, case_id, scope, person_id, record_id) DO UPDATE SET many = breach_reach.many + $7
"""
TAKEN_FROM = """
DELETE FROM bailee.breach_reach WHERE controller_id = $1 AND case_id = $2 AND scope = $3 AND person_id = $4
RETURNING record_id, type, many
"""
FORGET_SCOPE = "DELETE FROM bailee.breach_reach WHERE controller_id = $1 AND case_id = $2 AND scope = $3"
COUNTED = """
SELECT count(DISTINCT person_id) AS persons, coalesce(sum(many), 0)::bigint AS records FROM bailee.breach_reach
WHERE controller_id = $1 AND case_id = $2 AND scope = $3
"""
TYPES = """
SELECT type, sum(many)::bigint AS many FROM bailee.breach_reach
WHERE controller_id = $1 AND case_id = $2 AND scope = $3 AND type <> '' GROUP BY type ORDER BY type
"""
GROUPS = """
SELECT g.name, count(DISTINCT r.person_id) AS many
FROM bailee.breach_reach r
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
CROSS JOIN unnest(p.groups) AS g (name)
WHERE r.controller_id = $1 AND r.case_id = $2 AND r.scope = $3 GROUP BY g.name ORDER BY g.name
"""
# Whom the scope reached and who is not held any more, or under another's id.
NOT_LIVING = """
SELECT DISTINCT r.person_id, p.state
FROM bailee.breach_reach r
LEFT JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND r.case_id = $2 AND r.scope = $3 AND r.person_id > $4 AND p.state IS DISTINCT FROM 'living'
ORDER BY r.person_id LIMIT $5
"""
PERSONS = """
SELECT r.person_id, coalesce(p.state, 'erased') AS state, sum(r.many)::bigint AS records,
       array_agg(DISTINCT r.type) AS types
FROM bailee.breach_reach r
LEFT JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND r.case_id = $2 AND r.scope = $3 AND r.person_id > $4
GROUP BY r.person_id, p.state ORDER BY r.person_id LIMIT $5
"""
DELETE_REACHED = "DELETE FROM bailee.breach_reach WHERE controller_id = $1"

# What a store held between two instants: whoever was there before its end, and not gone before it began.
HELD = """
SELECT p.person_id, p.state, e.records AS erased_records
FROM bailee.person p
LEFT JOIN bailee.erasure e ON e.controller_id = p.controller_id AND e.person_id = p.person_id
WHERE p.controller_id = $1 AND p.person_id > $2 AND p.created_at <= $4
  AND (p.state <> 'erased' OR coalesce(e.unreadable_at, p.updated_at) >= $3)
ORDER BY p.person_id LIMIT $5
"""
RECORDS_HELD = """
SELECT person_id, type, count(*) AS many FROM bailee.record
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND created_at <= $3 GROUP BY person_id, type
"""
FILES_HELD = """
SELECT person_id, type, count(*) AS many FROM bailee.file
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND created_at <= $3 GROUP BY person_id, type
"""

WITH_BREACHES = "SELECT controller FROM bailee.due_breaches($1, $2)"
