"""The SQL of lists and searches with filters, and of searches by words. Every statement carries the controller.

What several say alike stands once, above them. A filter is always in the same place: classes, group, state, and from
when until when (made, changed) are $2 to $8; what a statement is given besides comes after.
"""

# A query with filters is planned anew for what it is given: which index serves depends on it.
PLANNED_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"

record_with_person = """
SELECT r.person_id, p.facts, p.key_id,
       r.record_id, r.type, r.class_id, r.version, r.created_at, r.updated_at, r.expires_at, r.sealed
"""
of_group_and_state = """
  AND ($3::text IS NULL OR $3 = ANY (p.groups))
  AND CASE $4::text WHEN 'restricted' THEN p.restricted WHEN 'objecting' THEN p.objections <> '{}'
          WHEN 'held' THEN p.held WHEN 'free' THEN NOT (p.restricted OR p.held OR p.objections <> '{}')
          ELSE true END
"""
of_record = """
  AND ($2::integer[] IS NULL OR r.class_id = ANY ($2))
  AND ($5::timestamptz IS NULL OR r.created_at >= $5)
  AND ($6::timestamptz IS NULL OR r.created_at < $6)
  AND ($7::timestamptz IS NULL OR r.updated_at >= $7)
  AND ($8::timestamptz IS NULL OR r.updated_at < $8)
"""
FILTERED_PERSONS = (
    """
SELECT p.person_id, p.state, p.groups, p.restricted, p.exceptions, p.objections, p.held, p.key_id, p.version,
    p.created_at, p.updated_at
FROM bailee.person p WHERE p.controller_id = $1 AND p.person_id > $2 AND p.state = 'living'
  AND ($5::timestamptz IS NULL OR p.created_at >= $5)
  AND ($6::timestamptz IS NULL OR p.created_at < $6)
  AND ($7::timestamptz IS NULL OR p.updated_at >= $7)
  AND ($8::timestamptz IS NULL OR p.updated_at < $8)
"""
    + of_group_and_state
    + """
ORDER BY p.person_id LIMIT $9
"""
)
FILTERED_RECORDS = (
    record_with_person
    + """
FROM bailee.record r
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND (r.person_id, r.record_id) > ($9, $10) AND ($11::text IS NULL OR r.type = $11)
"""
    + of_record
    + of_group_and_state
    + """
ORDER BY r.person_id, r.record_id LIMIT $12
"""
)
FILTERED_HITS = (
    record_with_person
    + """
FROM bailee.blind_index b
JOIN bailee.record r
    ON r.controller_id = b.controller_id AND r.person_id = b.person_id AND r.record_id = b.record_id
JOIN bailee.person p ON p.controller_id = b.controller_id AND p.person_id = b.person_id
WHERE b.controller_id = $1 AND b.tag = $9 AND (b.person_id, b.record_id) > ($10, $11)
"""
    + of_record
    + of_group_and_state
    + """
ORDER BY b.person_id, b.record_id LIMIT $12
"""
)
# Candidates of a search by words: whatever lies in a bucket of the first word ($2), and of the second ($3) where there
# is one. What is more than two words is left to confirming.
CANDIDATES = "SELECT * FROM bailee.candidates($1, $2, $3, $4, $5, $6, $7)"
FILTERED_CANDIDATES = (
    record_with_person  # noqa: S608 -- constants of this file, joined once
    + """
FROM (
    SELECT DISTINCT b.person_id, b.record_id FROM bailee.blind_index b
    WHERE b.controller_id = $1 AND b.tag = ANY ($9::bytea[]) AND (b.person_id, b.record_id) > ($12, $13)
      AND ($10::bytea[] IS NULL OR EXISTS (
          SELECT 1 FROM bailee.blind_index o
          WHERE o.controller_id = $1 AND o.person_id = b.person_id AND o.record_id = b.record_id AND o.tag = ANY ($10)
      ))
) c
JOIN bailee.record r ON r.controller_id = $1 AND r.person_id = c.person_id AND r.record_id = c.record_id
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND r.type = $11
"""
    + of_record
    + of_group_and_state
    + """
ORDER BY r.person_id, r.record_id LIMIT $14
"""
)
