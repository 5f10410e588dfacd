"""The clause's SQL, by name. Every statement carries the controller."""

ENDING = """
SELECT controller_id, ended_at, last_day, returned_at, manifest_digest, acknowledged_at, waived_at,
       destroying_at, destroyed_at, certificate_id, entries
FROM bailee.contract_end WHERE controller_id = $1
"""
BEGIN = """
INSERT INTO bailee.contract_end (controller_id, ended_at, last_day) VALUES ($1, $2, $3)
ON CONFLICT (controller_id) DO NOTHING
"""
RETURNED = """
UPDATE bailee.contract_end SET returned_at = $2, manifest_digest = $3, last_day = $4
WHERE controller_id = $1 AND destroying_at IS NULL
"""
RETURNED_AT = "SELECT returned_at FROM bailee.contract_end WHERE controller_id = $1"
ACKNOWLEDGED = (
    "UPDATE bailee.contract_end SET acknowledged_at = $2 WHERE controller_id = $1 AND acknowledged_at IS NULL"
)
WAIVED = "UPDATE bailee.contract_end SET waived_at = $2 WHERE controller_id = $1 AND waived_at IS NULL"
DESTROYING = "UPDATE bailee.contract_end SET destroying_at = $2 WHERE controller_id = $1 AND destroying_at IS NULL"
DESTROYED = "UPDATE bailee.contract_end SET destroyed_at = $2 WHERE controller_id = $1 AND destroyed_at IS NULL"
# What a return knew when it began: the generation of the log, how many had been erased, and how many records the living
# had. Where it is another now, someone or something may be in the bundle that must not be. Nothing is taken in after the
# end but what the platform writes itself, so fewer records are records that were deleted; those that are over within the
# time of the return anyway are deleted by time alone, and no return is made anew for them.
ERASED_BY_NOW = """
SELECT format('%s/%s/%s', (SELECT coalesce(max(h.generation), 1) FROM bailee.ledger_head h WHERE h.controller_id = $1),
    (SELECT count(*) FROM bailee.erasure e WHERE e.controller_id = $1),
    (SELECT count(*) FROM bailee.contract_end c
     JOIN bailee.person p ON p.controller_id = c.controller_id AND p.state = 'living'
     JOIN bailee.record r ON r.controller_id = p.controller_id AND r.person_id = p.person_id
     WHERE c.controller_id = $1 AND r.type <> 'activity'
         AND (r.expires_at IS NULL OR r.expires_at > c.ended_at + interval '90 days')))
"""
# A return whose bundle does not stand, or is not there, and that nobody has acknowledged yet, is made anew.
TAKE_RETURN_BACK = """
UPDATE bailee.contract_end SET returned_at = NULL
WHERE controller_id = $1 AND acknowledged_at IS NULL AND destroying_at IS NULL AND returned_at IS NOT NULL
"""
# The same with a person ($2), who leaves it in the transaction of their erasure.
TAKE_RETURN_BACK_WITH_PERSON = TAKE_RETURN_BACK + "AND $2::uuid IS NOT NULL"
CERTIFIED = "UPDATE bailee.contract_end SET certificate_id = $2 WHERE controller_id = $1"
# The end of a contract as it was known outside the servers, where a backup brought one back without it.
BRING_BACK = """
INSERT INTO bailee.contract_end
    (controller_id, ended_at, last_day, returned_at, manifest_digest, acknowledged_at, waived_at, destroying_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (controller_id) DO UPDATE SET ended_at = $2, last_day = $3, returned_at = $4, manifest_digest = $5,
    acknowledged_at = $6, waived_at = $7, destroying_at = $8, destroyed_at = NULL, certificate_id = NULL, entries = '{}'
"""
NAME_ENTRY = "UPDATE bailee.contract_end SET entries = entries || $2::jsonb WHERE controller_id = $1"

# What is held about the living, by type: what a return must hold, and how much of it is over.
HELD = """
SELECT r.type, count(*) AS records, count(*) FILTER (WHERE r.expires_at <= $2) AS over
FROM bailee.record r
JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
WHERE r.controller_id = $1 AND p.state = 'living' GROUP BY r.type ORDER BY r.type
"""
HELD_FILES = """
SELECT count(*) FROM bailee.file f
JOIN bailee.person p ON p.controller_id = f.controller_id AND p.person_id = f.person_id
WHERE f.controller_id = $1 AND f.state = 'held' AND p.state = 'living'
"""

SERVER_TIME = "SELECT clock_timestamp() AS now"

SAMPLE = """
SELECT person_id, record_id, type, version, sealed FROM bailee.record
WHERE controller_id = $1 ORDER BY person_id, record_id LIMIT $2
"""
WITH_ENDINGS = "SELECT controller FROM bailee.due_endings($1, $2)"
