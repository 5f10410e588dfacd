"""The SQL of the register of the processor's staff, by name. Every statement carries the controller."""

MEMBERS = """
SELECT member_id, version, sealed FROM bailee.staff_member WHERE controller_id = $1 ORDER BY label, member_id
"""
ONE_MEMBER = """
SELECT member_id, version, sealed FROM bailee.staff_member WHERE controller_id = $1 AND member_id = $2
"""
NOTE_MEMBER = """
INSERT INTO bailee.staff_member (controller_id, member_id, label, account_id, released, version, sealed)
VALUES ($1, $2, $3, $4, false, 1, $5) ON CONFLICT DO NOTHING RETURNING member_id
"""
CHANGE_MEMBER = """
UPDATE bailee.staff_member SET label = $4, account_id = $5, released = $6, version = $3 + 1, sealed = $7
WHERE controller_id = $1 AND member_id = $2 AND version = $3 RETURNING version
"""
DROP_MEMBER = "DELETE FROM bailee.staff_member WHERE controller_id = $1 AND member_id = $2"

RECORDS = """
SELECT record_id, kind, version, sealed FROM bailee.staff_record WHERE controller_id = $1 ORDER BY record_id
"""
RECORDS_OF = """
SELECT record_id, kind, version, sealed FROM bailee.staff_record
WHERE controller_id = $1 AND member_id = $2 ORDER BY record_id
"""
ONE_RECORD = """
SELECT record_id, kind, version, sealed FROM bailee.staff_record WHERE controller_id = $1 AND record_id = $2
"""
KEEP_RECORD = """
INSERT INTO bailee.staff_record (controller_id, record_id, member_id, kind, version, sealed)
VALUES ($1, $2, $3, $4, 1, $5)
"""
CHANGE_RECORD = """
UPDATE bailee.staff_record SET version = $3 + 1, sealed = $4
WHERE controller_id = $1 AND record_id = $2 AND version = $3 RETURNING version
"""

KEEP_PAPER = "INSERT INTO bailee.staff_paper (controller_id, paper_id, kept_at, sealed) VALUES ($1, $2, $3, $4)"
PAPER = "SELECT paper_id, record_id, sealed FROM bailee.staff_paper WHERE controller_id = $1 AND paper_id = $2"
BELONGS = """
UPDATE bailee.staff_paper SET record_id = $3
WHERE controller_id = $1 AND paper_id = $2 AND record_id IS NULL RETURNING paper_id
"""
FORGET_PAPERS = "DELETE FROM bailee.staff_paper WHERE controller_id = $1 AND record_id IS NULL AND kept_at < $2"

# The gates: which are to be told, which has been, and what it knows.
STIR = "SELECT bailee.stir_staff($1, $2)"
WITH_STAFF = "SELECT controller FROM bailee.due_staff($1, $2)"
BEGIN = "INSERT INTO bailee.staff_due (controller_id, due) VALUES ($1, true) ON CONFLICT DO NOTHING"
LOCK = "SELECT due FROM bailee.staff_due WHERE controller_id = $1 FOR UPDATE"
TOLD = "UPDATE bailee.staff_due SET due = false WHERE controller_id = $1"
ACCESS = """
SELECT controller, credential, actor, purposes, created_at, expires_at, used_at, bound_until, trained_until, behind
FROM bailee.staff_access($1, $2)
"""

CLOCKS = """
SELECT obligation_id, clause, subject, state FROM bailee.obligation
WHERE controller_id = $1 AND clause = ANY ($2::text[]) AND subject LIKE 'staff/%'
"""

DELETE_MEMBERS = "DELETE FROM bailee.staff_member WHERE controller_id = $1"
DELETE_RECORDS = "DELETE FROM bailee.staff_record WHERE controller_id = $1"
DELETE_PAPERS = "DELETE FROM bailee.staff_paper WHERE controller_id = $1"
DELETE_DUE = "DELETE FROM bailee.staff_due WHERE controller_id = $1"
