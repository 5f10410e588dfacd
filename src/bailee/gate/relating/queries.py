"""The SQL of relations. Every statement carries the controller."""

INSERT_PART = """
INSERT INTO bailee.relation_part (controller_id, relation_id, part, person_id, type, record_id)
VALUES ($1, $2, $3, $4, $5, $6)
"""
PARTS = """
SELECT part, person_id, type, record_id, gone_at FROM bailee.relation_part
WHERE controller_id = $1 AND relation_id = $2 ORDER BY part
"""
OF_PERSON = """
SELECT q.relation_id, q.type, q.record_id, p.facts, r.class_id, r.expires_at
FROM bailee.relation_part q
JOIN bailee.record r ON r.controller_id = q.controller_id AND r.person_id = q.person_id AND r.record_id = q.record_id
JOIN bailee.person p ON p.controller_id = q.controller_id AND p.person_id = q.person_id
WHERE q.controller_id = $1 AND q.person_id = $2 AND q.relation_id > $3 ORDER BY q.relation_id LIMIT $4
"""
EVERY_PART = """
SELECT relation_id AS relation, part, person_id AS person, type, record_id AS record, gone_at FROM bailee.relation_part
WHERE controller_id = $1 AND (relation_id, part) > ($2, $3) ORDER BY relation_id, part LIMIT $4
"""
