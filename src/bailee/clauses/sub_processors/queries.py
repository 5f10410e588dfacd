"""The SQL of sub-processors, by name. Every statement carries the controller: the list is the platform's own."""

PROPOSALS = """
SELECT proposal_id, version, state, changed_at, sealed FROM bailee.sub_processor_proposal
WHERE controller_id = $1 ORDER BY proposal_id DESC
"""
ONE_PROPOSAL = """
SELECT proposal_id, version, state, changed_at, sealed FROM bailee.sub_processor_proposal
WHERE controller_id = $1 AND proposal_id = $2
"""
INSERT_PROPOSAL = """
INSERT INTO bailee.sub_processor_proposal (controller_id, proposal_id, version, state, changed_at, sealed)
VALUES ($1, $2, 1, 'drafted', $3, $4)
"""
CHANGE_PROPOSAL = """
UPDATE bailee.sub_processor_proposal SET version = $3 + 1, state = $4, changed_at = $5, sealed = $6
WHERE controller_id = $1 AND proposal_id = $2 AND version = $3 AND state = 'drafted' RETURNING version
"""

TO_LOOK_AT = """
INSERT INTO bailee.sub_processor_decision (controller_id, proposal_id, path, state, changed_at)
VALUES ($1, $2, 'unknown', 'due', $3) ON CONFLICT (controller_id, proposal_id) DO NOTHING RETURNING proposal_id
"""
DROP_DECISION = """
DELETE FROM bailee.sub_processor_decision WHERE controller_id = $1 AND proposal_id = $2 AND state = 'due'
"""
START_DECISION = """
UPDATE bailee.sub_processor_decision SET path = $3, state = $4, notice_id = $5, changed_at = $6
WHERE controller_id = $1 AND proposal_id = $2
"""
DECISIONS = """
SELECT proposal_id, path, state, notice_id, waiting, told_at, strict_at, generous_at, decided_at, decided_by, proof
FROM bailee.sub_processor_decision WHERE controller_id = $1 ORDER BY proposal_id DESC
"""
LOCK_DECISION = """
SELECT proposal_id, path, state, notice_id, waiting, told_at, strict_at, generous_at, decided_at, decided_by, proof
FROM bailee.sub_processor_decision WHERE controller_id = $1 AND proposal_id = $2 FOR UPDATE
"""
MOVE_DECISION = """
UPDATE bailee.sub_processor_decision SET state = $3, told_at = $4, strict_at = $5, generous_at = $6, waiting = $7, changed_at = $8
WHERE controller_id = $1 AND proposal_id = $2
"""
DECIDE = """
UPDATE bailee.sub_processor_decision SET state = $3, decided_at = $4, decided_by = $5, proof = $6, changed_at = $4
WHERE controller_id = $1 AND proposal_id = $2
"""
# A letter has arrived when every address of the controller's has it; whether a copy did is another matter.
WAITING = """
SELECT x.proposal_id FROM bailee.sub_processor_decision x
CROSS JOIN LATERAL (
    SELECT coalesce(bool_and(d.state = 'sent'), false) AS there FROM bailee.notice_delivery d
    WHERE d.controller_id = $1 AND d.notice_id = x.notice_id AND d.role = 'to' AND d.state <> 'dropped'
) letter
WHERE x.controller_id = $1 AND x.state IN ('due', 'telling', 'open') AND (
    x.state = 'due' OR (x.state = 'telling' AND letter.there)
    OR (x.state = 'open' AND (NOT letter.there OR x.generous_at < $2))
)
ORDER BY x.proposal_id
"""
# And how often it was sent anew: each arrival opens a time to object of its own.
ARRIVAL = """
SELECT n.rounds, letter.there, letter.arrived_at FROM bailee.notice n
CROSS JOIN LATERAL (
    SELECT coalesce(bool_and(d.state = 'sent'), false) AS there, max(d.sent_at) AS arrived_at
    FROM bailee.notice_delivery d
    WHERE d.controller_id = $1 AND d.notice_id = n.notice_id AND d.role = 'to' AND d.state <> 'dropped'
) letter
WHERE n.controller_id = $1 AND n.notice_id = $2
"""
DELETE_PROPOSALS = "DELETE FROM bailee.sub_processor_proposal WHERE controller_id = $1"
DELETE_DECISIONS = "DELETE FROM bailee.sub_processor_decision WHERE controller_id = $1"

LOOK_AT = "SELECT controller FROM bailee.look_at_sub_processor($1, $2, $3)"
ANSWERS = """
SELECT controller, path, state, told_at, generous_at, decided_at FROM bailee.sub_processor_answers($1, $2)
"""
WITH_SUB_PROCESSORS = "SELECT controller FROM bailee.due_sub_processors($1, $2)"
