"""The SQL of impact assessments, by name. Every statement carries the controller."""

INSERT = """
INSERT INTO bailee.impact_assessment (controller_id, assessment_id, version, state, asked_at, changed_at, sealed)
VALUES ($1, $2, 1, $3, $4, $4, $5)
"""
CHANGE = """
UPDATE bailee.impact_assessment SET version = version + 1, state = $4, changed_at = $5, sealed = $6
WHERE controller_id = $1 AND assessment_id = $2 AND version = $3 RETURNING version
"""
ONE = """
SELECT assessment_id, version, state, asked_at, changed_at, sealed FROM bailee.impact_assessment
WHERE controller_id = $1 AND assessment_id = $2
"""
LISTED = """
SELECT assessment_id, version, state, asked_at, changed_at, sealed FROM bailee.impact_assessment
WHERE controller_id = $1 ORDER BY assessment_id DESC LIMIT 200
"""
DELETE_ALL = "DELETE FROM bailee.impact_assessment WHERE controller_id = $1"
