"""The notices' SQL, by name. Every statement carries the controller."""

QUEUE = """
INSERT INTO bailee.notice
    (controller_id, notice_id, clause, kind, subject, state, queued_at, due_at, attempts, reason, discharges,
     sealed_under, sealed)
VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6, 0, 'queued', $7, $8, $9)
"""
DELETE_ALL = "DELETE FROM bailee.notice WHERE controller_id = $1"
