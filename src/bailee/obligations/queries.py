"""The obligations' SQL, by name. Every statement carries the controller."""

OPEN = """
INSERT INTO bailee.obligation
    (controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
     evidence, reminders, look_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'open')
ON CONFLICT (controller_id, clause, subject) DO NOTHING RETURNING obligation_id
"""
KNOWN = "SELECT obligation_id FROM bailee.obligation WHERE controller_id = $1 AND clause = $2 AND subject = $3"
ALL = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation WHERE controller_id = $1 ORDER BY due_at, obligation_id
"""
ONE = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation WHERE controller_id = $1 AND obligation_id = $2
"""
END = """
UPDATE bailee.obligation SET state = $3, ended_at = $4, ended_by = $5, proof = $6, look_at = NULL
WHERE controller_id = $1 AND obligation_id = $2 AND state = 'open'
RETURNING clause, subject, due_at, infringed_at
"""
LOOK = """
SELECT obligation_id, clause, subject, owed_by, due_at, reminders, infringed_at FROM bailee.obligation
WHERE controller_id = $1 AND state = 'open' AND look_at <= $2
ORDER BY look_at, obligation_id LIMIT $3 FOR UPDATE SKIP LOCKED
"""
LOOKED = """
UPDATE bailee.obligation SET reminders = $3, look_at = $4, infringed_at = $5
WHERE controller_id = $1 AND obligation_id = $2
"""
DELETE_ALL = "DELETE FROM bailee.obligation WHERE controller_id = $1"
