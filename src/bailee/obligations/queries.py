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
    evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation WHERE controller_id = $1 ORDER BY due_at, obligation_id
"""
ENDED = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation WHERE controller_id = $1 AND state <> 'open' ORDER BY ended_at DESC, obligation_id LIMIT $2
"""
ONE = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation WHERE controller_id = $1 AND obligation_id = $2
"""
LOCK = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation WHERE controller_id = $1 AND obligation_id = $2 AND state = 'open' FOR UPDATE
"""
OPEN_OF = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligations_open($1, $2)
"""
END = """
UPDATE bailee.obligation SET state = $3, ended_at = $4, ended_by = $5, proof = $6, look_at = $7
WHERE controller_id = $1 AND obligation_id = $2
"""
MOVE = """
UPDATE bailee.obligation
SET strict_at = $3, generous_at = $4, due_at = $5, rule = $6, reminders = $7, look_at = $8
WHERE controller_id = $1 AND obligation_id = $2
"""
TO_LOOK_AT = "SELECT controller FROM bailee.obligations_to_look_at($1, $2)"
LOOK = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation WHERE controller_id = $1 AND look_at <= $2
ORDER BY look_at, obligation_id LIMIT $3 FOR UPDATE SKIP LOCKED
"""
LOOKED = """
UPDATE bailee.obligation o SET look_at = n.look_at, infringed_at = coalesce(o.infringed_at, n.infringed_at)
FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) AS n (obligation_id, look_at, infringed_at)
WHERE o.controller_id = $1 AND o.obligation_id = n.obligation_id
"""
OLDEST_OPEN = """
SELECT min(opened_at) FROM bailee.obligation WHERE controller_id = $1 AND (state = 'open' OR look_at IS NOT NULL)
"""

# made anew from the ledger
REMAKE = """
INSERT INTO bailee.obligation
    (controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
     evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (controller_id, obligation_id) DO UPDATE SET
    clause = $3, subject = $4, owed_by = $5, owed_to = $6, opened_at = $7, strict_at = $8, generous_at = $9,
    due_at = $10, rule = $11, evidence = $12, reminders = $13, look_at = $14, state = $15, infringed_at = $16,
    ended_at = $17, ended_by = $18, proof = $19
"""
# A promise stands in the table once: what stands in its place under another id goes, and its evidence goes over.
STANDS_IN_PLACE = """
SELECT obligation_id FROM bailee.obligation
WHERE controller_id = $1 AND clause = $2 AND subject = $3 AND obligation_id <> $4 FOR UPDATE
"""
MAKE_PLACE = "DELETE FROM bailee.obligation WHERE controller_id = $1 AND obligation_id = $2"
GIVE_EVIDENCE = """
UPDATE bailee.obligation_evidence SET obligation_id = $3 WHERE controller_id = $1 AND obligation_id = $2
"""

# duties of a negotiated clause: what was opened by their trigger and has not opened them yet
UNANSWERED = """
SELECT o.subject, o.opened_at FROM bailee.obligation o
WHERE o.controller_id = $1 AND o.clause = $2 AND o.opened_at >= $4 AND NOT EXISTS (
    SELECT 1 FROM bailee.obligation c WHERE c.controller_id = $1 AND c.clause = $3 AND c.subject = o.subject
)
ORDER BY o.opened_at, o.obligation_id LIMIT $5
"""

# evidence
ATTACH = """
INSERT INTO bailee.obligation_evidence
    (controller_id, evidence_id, obligation_id, attached_at, attached_by, digest, size, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
ATTACHED = """
SELECT evidence_id, obligation_id, attached_at, attached_by, digest, size, sealed FROM bailee.obligation_evidence
WHERE controller_id = $1 AND obligation_id = $2 ORDER BY evidence_id
"""
EVIDENCE = """
SELECT evidence_id, obligation_id, attached_at, attached_by, digest, size, sealed FROM bailee.obligation_evidence
WHERE controller_id = $1 AND obligation_id = $2 AND evidence_id = $3
"""

# calendars
MAKE_CALENDAR = """
INSERT INTO bailee.obligation_calendar (controller_id, calendar_id, digest, language, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
CALENDARS = """
SELECT calendar_id, digest, language, made_by, made_at, revoked_at FROM bailee.obligation_calendar
WHERE controller_id = $1 AND revoked_at IS NULL ORDER BY calendar_id
"""
CALENDAR = """
SELECT calendar_id, digest, language, made_by, made_at, revoked_at FROM bailee.obligation_calendar
WHERE controller_id = $1 AND calendar_id = $2 AND revoked_at IS NULL
"""
REVOKE_CALENDAR = """
UPDATE bailee.obligation_calendar SET revoked_at = $3
WHERE controller_id = $1 AND calendar_id = $2 AND revoked_at IS NULL RETURNING calendar_id
"""

DELETE_ALL = "DELETE FROM bailee.obligation WHERE controller_id = $1"
DELETE_ALL_EVIDENCE = "DELETE FROM bailee.obligation_evidence WHERE controller_id = $1"
DELETE_ALL_CALENDARS = "DELETE FROM bailee.obligation_calendar WHERE controller_id = $1"

LAST_LETTER = "SELECT made_at FROM bailee.reminder_letter WHERE controller_id = $1 FOR UPDATE"
WRITE_LETTER = """
INSERT INTO bailee.reminder_letter (controller_id, made_at) VALUES ($1, $2)
ON CONFLICT (controller_id) DO UPDATE SET made_at = $2 WHERE bailee.reminder_letter.made_at <= $3
RETURNING controller_id
"""
# all that is open of one controller, page after page, the earliest due first
OPEN_AFTER = """
SELECT controller_id, obligation_id, clause, subject, owed_by, owed_to, opened_at, strict_at, generous_at, due_at, rule,
    evidence, reminders, look_at, state, infringed_at, ended_at, ended_by, proof
FROM bailee.obligation
WHERE controller_id = $1 AND state = 'open' AND (due_at, obligation_id) > ($2, $3)
ORDER BY due_at, obligation_id LIMIT $4
"""
WITH_REMINDERS = "SELECT controller FROM bailee.due_reminders($1, $2)"
DELETE_LETTER = "DELETE FROM bailee.reminder_letter WHERE controller_id = $1"
