"""The SQL of approvals, by name. Every statement carries the controller."""

INSERT_APPROVAL = """
INSERT INTO bailee.approval (controller_id, approval_id, danger, digest, state, asked_by, asked_at, expires_at, sealed)
VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8)
"""
WAITING = """
SELECT approval_id FROM bailee.approval
WHERE controller_id = $1 AND digest = $2 AND state = 'pending' AND expires_at > $3 ORDER BY approval_id LIMIT 1
"""
USE_APPROVAL = """
UPDATE bailee.approval SET state = 'used', sealed = ''
WHERE controller_id = $1 AND digest = $2 AND state = 'approved' AND expires_at > $3
RETURNING approval_id, decided_by
"""
ASKER = "SELECT asked_by FROM bailee.approval WHERE controller_id = $1 AND approval_id = $2"
ISSUERS = "SELECT DISTINCT issued_by FROM bailee.credential WHERE controller_id = $1 AND actor = ANY ($2::text[])"
DECIDE = """
UPDATE bailee.approval SET state = $3, decided_by = $4, decided_at = $5
WHERE controller_id = $1 AND approval_id = $2 AND state = 'pending' AND expires_at > $5 AND asked_by <> $4
RETURNING danger, digest
"""
WITHDRAW = """
UPDATE bailee.approval SET state = 'withdrawn', decided_by = $3, decided_at = $4, sealed = ''
WHERE controller_id = $1 AND approval_id = $2 AND state IN ('pending', 'approved') AND asked_by = $3
RETURNING danger, digest
"""
APPROVAL = "SELECT * FROM bailee.approval WHERE controller_id = $1 AND approval_id = $2"
APPROVALS = "SELECT * FROM bailee.approval WHERE controller_id = $1 ORDER BY approval_id DESC LIMIT $2"
FORGET_APPROVALS = "DELETE FROM bailee.approval WHERE controller_id = $1 AND expires_at < $2"
DELETE_ALL_APPROVALS = "DELETE FROM bailee.approval WHERE controller_id = $1"

TWO_PERSON = "SELECT dangers FROM bailee.two_person WHERE controller_id = $1"
PUT_TWO_PERSON = """
INSERT INTO bailee.two_person (controller_id, dangers, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (controller_id) DO UPDATE SET dangers = $2, changed_at = $3
"""
DELETE_TWO_PERSON = "DELETE FROM bailee.two_person WHERE controller_id = $1"
WITH_SPENT_APPROVALS = "SELECT controller FROM bailee.due_spent_approvals($1, $2)"
