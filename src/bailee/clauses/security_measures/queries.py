"""The SQL of measures, by name. Every statement carries the controller: the platform's own."""

STANDINGS = """
SELECT measure, state, reason, figures, since_at, looked_at, kept_on, incident_id, holds_since
FROM bailee.measure WHERE controller_id = $1 ORDER BY measure
"""
LOCK = """
SELECT measure, state, reason, figures, since_at, looked_at, kept_on, incident_id, holds_since
FROM bailee.measure WHERE controller_id = $1 ORDER BY measure FOR UPDATE
"""
STAND = """
INSERT INTO bailee.measure
    (controller_id, measure, state, reason, figures, since_at, looked_at, kept_on, incident_id, holds_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (controller_id, measure) DO UPDATE SET
    state = $3, reason = $4, figures = $5, since_at = $6, looked_at = $7, kept_on = $8, incident_id = $9, holds_since = $10
"""
KEEP = """
INSERT INTO bailee.measure_kept (controller_id, measure, at, state, reason) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (controller_id, measure, at) DO UPDATE SET state = $4, reason = $5
"""
KEPT = "SELECT measure, at, state, reason FROM bailee.measure_kept WHERE controller_id = $1 AND at >= $2 ORDER BY at"
FORGET_KEPT = "DELETE FROM bailee.measure_kept WHERE controller_id = $1 AND at < $2"
OPEN_INCIDENT = """
INSERT INTO bailee.measure_incident (controller_id, incident_id, measure, opened_at, reason) VALUES ($1, $2, $3, $4, $5)
"""
CLOSE_INCIDENT = """
UPDATE bailee.measure_incident SET closed_at = $3, closed_by = $4 WHERE controller_id = $1 AND incident_id = $2
"""
OPEN_OF = """
SELECT incident_id FROM bailee.measure_incident WHERE controller_id = $1 AND measure = $2 AND closed_at IS NULL
"""
INCIDENTS = """
SELECT incident_id, measure, opened_at, reason, closed_at, closed_by FROM bailee.measure_incident
WHERE controller_id = $1 ORDER BY opened_at DESC, incident_id DESC LIMIT $2
"""
SAY = """
INSERT INTO bailee.measure_said
    (controller_id, said_id, kind, measure, at, said_by, until_at, rank_before, rank_after, judged, digest, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
SAID = """
SELECT said_id, kind, measure, at, said_by, until_at, rank_before, rank_after, judged, digest, sealed
FROM bailee.measure_said WHERE controller_id = $1 AND kind = $2 ORDER BY at DESC, said_id DESC LIMIT $3
"""
LEVELS = "SELECT measure, rank, reason, figures FROM bailee.measure_level WHERE controller_id = $1"
REACH = """
INSERT INTO bailee.measure_level (controller_id, measure, rank, reason, figures, since_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (controller_id, measure) DO UPDATE SET rank = $3, reason = $4, figures = $5, since_at = $6
"""
LINES = "SELECT line, measure, digest FROM bailee.measure_line WHERE controller_id = $1"
TAKE_LINE = """
INSERT INTO bailee.measure_line (controller_id, line, measure, digest, taken_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (controller_id, line) DO NOTHING
"""
OWED = """
SELECT obligation_id, subject FROM bailee.obligation WHERE controller_id = $1 AND clause = $2 AND state = 'open'
"""
TOLD = "SELECT 1 FROM bailee.notice WHERE controller_id = $1 AND clause = $2 AND subject = $3 LIMIT 1"

# What probes ask: of all controllers in one call each.
LEDGER_WAITING = "SELECT controller FROM bailee.measured_ledger($1, $2)"
STAFF = "SELECT staff, unbound, untrained FROM bailee.measured_staff($1, $2)"
RECORDS = "SELECT controller, person, key_id, sealed FROM bailee.measured_records($1, $2, $3)"

DELETE_ALL = "DELETE FROM bailee.measure WHERE controller_id = $1"
DELETE_KEPT = "DELETE FROM bailee.measure_kept WHERE controller_id = $1"
DELETE_INCIDENTS = "DELETE FROM bailee.measure_incident WHERE controller_id = $1"
DELETE_SAID = "DELETE FROM bailee.measure_said WHERE controller_id = $1"
DELETE_LEVELS = "DELETE FROM bailee.measure_level WHERE controller_id = $1"
DELETE_LINES = "DELETE FROM bailee.measure_line WHERE controller_id = $1"
