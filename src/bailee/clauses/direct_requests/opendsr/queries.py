"""OpenDSR's SQL, by name. Every statement carries the controller."""

TAKE = """
INSERT INTO bailee.opendsr_request
    (controller_id, subject_request_id, kind, requests, status, results, received_at, expected_at, told, tell_at, tries,
     sealed_callbacks, about)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, 0, $10, $11)
ON CONFLICT (controller_id, subject_request_id) DO NOTHING RETURNING subject_request_id
"""
ONE = """
SELECT subject_request_id, kind, requests, status, results, received_at, expected_at, told, tell_at, tries,
    sealed_callbacks, about
FROM bailee.opendsr_request WHERE controller_id = $1 AND subject_request_id = $2
"""
OPEN = """
SELECT subject_request_id, kind, requests, status, results, received_at, expected_at, told, tell_at, tries,
    sealed_callbacks, about
FROM bailee.opendsr_request WHERE controller_id = $1 AND (status IN ('pending', 'in_progress') OR tell_at <= $2)
ORDER BY received_at LIMIT 200
"""
MOVED = """
UPDATE bailee.opendsr_request SET status = $4, results = $5, tell_at = $6, tries = 0
WHERE controller_id = $1 AND subject_request_id = $2 AND status = $3 RETURNING subject_request_id
"""
TOLD = """
UPDATE bailee.opendsr_request SET told = $3, tell_at = $4, tries = $5
WHERE controller_id = $1 AND subject_request_id = $2 AND status = $6
"""
DELETE_ALL = "DELETE FROM bailee.opendsr_request WHERE controller_id = $1"
FORGET = """
DELETE FROM bailee.opendsr_request
WHERE controller_id = $1 AND status IN ('completed', 'cancelled') AND expected_at <= $2 AND tell_at IS NULL
"""
WITH_OPEN = "SELECT controller FROM bailee.due_subject_requests($1, $2)"
WITH_OLD = "SELECT controller FROM bailee.due_old_subject_requests($1, $2)"
