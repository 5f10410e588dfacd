"""Backups' SQL, by name. On the control database: the platform's own, and no controller's; the rest carries the controller."""

KEEP_COPY = """
INSERT INTO bailee.backup
    (name, kind, stores, taken_at, ended_at, expires_at, size, parts, digest, epochs, made_by, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (name) DO UPDATE SET gone_at = NULL
"""
GONE = "UPDATE bailee.backup SET gone_at = $2 WHERE name = ANY ($1::text[]) AND gone_at IS NULL"
COPIES = """
SELECT name, kind, stores, taken_at, ended_at, expires_at, size, parts, digest, epochs, gone_at, made_by, entry
FROM bailee.backup ORDER BY taken_at DESC, name LIMIT $1
"""
STANDING = """
SELECT name, kind, stores, taken_at, ended_at, expires_at, size, parts, digest, epochs, gone_at, made_by, entry
FROM bailee.backup WHERE gone_at IS NULL ORDER BY taken_at DESC, name
"""
KEEP_CHECK = """
INSERT INTO bailee.backup_check (check_id, kind, backup, began_at, ended_at, good, found, made_by, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
CHECKS = """
SELECT check_id, kind, backup, began_at, ended_at, good, found, made_by, entry FROM bailee.backup_check
ORDER BY ended_at DESC, check_id LIMIT $1
"""
LAST_GOOD_DRILL = """
SELECT check_id, kind, backup, began_at, ended_at, good, found, made_by, entry FROM bailee.backup_check
WHERE kind = 'drill' AND good ORDER BY ended_at DESC, check_id LIMIT 1
"""
# What is owed of backups now, at the platform: the next copy and the next drill.
OWED = """
SELECT obligation_id, subject FROM bailee.obligation WHERE controller_id = $1 AND clause = $2 AND state = 'open'
"""
# The leaves of a log, tile after tile.
TILES = """
SELECT position, hashes FROM bailee.ledger_tile
WHERE controller_id = $1 AND generation = $2 AND level = 0 AND position >= $3 ORDER BY position LIMIT $4
"""
COUNT_PERSONS = """
SELECT count(*) FROM bailee.person WHERE controller_id = $1 AND state IN ('living', 'merged', 'erasing')
"""
COUNT_RECORDS = "SELECT count(*) FROM bailee.record WHERE controller_id = $1"
