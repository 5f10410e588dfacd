"""The SQL of contacts, by name. Every statement carries the controller."""

ALL = """
SELECT contact_id, slot, source, state, mark, instead_of, made_at, made_by, since_at, confirmed_at, over_at, sealed
FROM bailee.contact WHERE controller_id = $1 ORDER BY made_at, contact_id
"""
LOCK = """
SELECT contact_id, slot, source, state, mark, instead_of, made_at, made_by, since_at, confirmed_at, over_at, sealed
FROM bailee.contact WHERE controller_id = $1 AND contact_id = ANY ($2::uuid[]) ORDER BY contact_id FOR UPDATE
"""
INSERT = """
INSERT INTO bailee.contact
    (controller_id, contact_id, slot, source, state, mark, instead_of, made_at, made_by, since_at, confirmed_at, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
CONFIRM = """
UPDATE bailee.contact SET state = 'confirmed', confirmed_at = $3
WHERE controller_id = $1 AND contact_id = ANY ($2::uuid[]) AND state = 'asked' RETURNING contact_id
"""
END_OTHERS = """
UPDATE bailee.contact SET state = 'over', over_at = $4
WHERE controller_id = $1 AND slot = $2 AND source = 'change' AND contact_id <> $3 AND state = 'confirmed'
    AND since_at >= $5
"""
SUPERSEDE = """
UPDATE bailee.contact SET state = 'over', over_at = $4
WHERE controller_id = $1 AND slot = $2 AND source = 'change' AND contact_id <> $3 AND state = 'asked' AND made_at <= $5
RETURNING contact_id
"""
END = """
UPDATE bailee.contact SET state = 'over', over_at = $3
WHERE controller_id = $1 AND contact_id = ANY ($2::uuid[]) AND state <> 'over' RETURNING contact_id
"""
LOCK_AGREED = """
SELECT contact_id FROM bailee.contact WHERE controller_id = $1 AND source = 'agreement' AND state = 'confirmed'
ORDER BY contact_id FOR UPDATE
"""
OFFERED = """
SELECT act_id FROM bailee.mailbox_act
WHERE controller_id = $1 AND act = 'contact-change' AND state = 'open' AND until_at > $2 LIMIT 1
"""
DELETE_ALL = "DELETE FROM bailee.contact WHERE controller_id = $1"

# who has something due: one question for every controller
WITH_OFFERS = "SELECT controller FROM bailee.due_contact_offers($1, $2)"
