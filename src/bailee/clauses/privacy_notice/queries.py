"""The privacy notice's SQL, by name. Every statement carries the controller."""

FILLED = "SELECT version, sealed FROM bailee.privacy_filled WHERE controller_id = $1"
FILL = """
INSERT INTO bailee.privacy_filled (controller_id, version, changed_at, sealed) VALUES ($1, 1, $2, $3)
ON CONFLICT (controller_id) DO UPDATE SET version = bailee.privacy_filled.version + 1, changed_at = $2, sealed = $3
RETURNING version
"""
NEWEST = """
SELECT digest, language, person_group, number, made_at FROM bailee.privacy_version
WHERE controller_id = $1 AND language = $2 AND person_group = $3 ORDER BY number DESC LIMIT 1
"""
KEEP = """
INSERT INTO bailee.privacy_version (controller_id, digest, language, person_group, number, made_at, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (controller_id, language, person_group, number) DO NOTHING RETURNING number
"""
VERSIONS = """
SELECT digest, language, person_group, number, made_at FROM bailee.privacy_version
WHERE controller_id = $1 ORDER BY made_at DESC, language, person_group LIMIT 200
"""
TEXT = "SELECT sealed FROM bailee.privacy_version WHERE controller_id = $1 AND digest = $2 LIMIT 1"
SHOWN = """
INSERT INTO bailee.privacy_shown (controller_id, person_id, digest, language, person_group, shown_at, occasion, number)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (controller_id, person_id, digest, number) DO NOTHING RETURNING person_id
"""
SEEN = """
SELECT person_id, digest, language, person_group, shown_at, occasion FROM bailee.privacy_shown
WHERE controller_id = $1 AND person_id = $2 ORDER BY shown_at DESC
"""
COUNTED = """
SELECT digest, number, count(*) AS many FROM bailee.privacy_shown WHERE controller_id = $1 GROUP BY digest, number
"""
LIVING = """
SELECT person_id, groups FROM bailee.person
WHERE controller_id = $1 AND person_id = ANY ($2::uuid[]) AND state = 'living'
"""
DELETE_SHOWN = "DELETE FROM bailee.privacy_shown WHERE controller_id = $1 AND person_id = $2"
DELETE_ALL_SHOWN = "DELETE FROM bailee.privacy_shown WHERE controller_id = $1"
DELETE_ALL_VERSIONS = "DELETE FROM bailee.privacy_version WHERE controller_id = $1"
DELETE_FILLED = "DELETE FROM bailee.privacy_filled WHERE controller_id = $1"
OWED = "SELECT subject FROM bailee.obligation WHERE controller_id = $1 AND clause = $2 AND state = 'open'"
