"""The worker's SQL, on the control database."""

LAST_TICK = """
SELECT ticking_since, ticked_at, boot, steady, doubted_since FROM bailee.tick WHERE process = $1 FOR UPDATE
"""
TICK = """
INSERT INTO bailee.tick (process, ticking_since, ticked_at, boot, steady, doubted_since)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (process) DO UPDATE SET
    ticking_since = $2, ticked_at = $3, boot = $4, steady = $5, doubted_since = $6
"""
BELIEVE = """
UPDATE bailee.tick SET doubted_since = NULL, ticking_since = $2, ticked_at = $2, boot = $3, steady = $4
WHERE process = $1
"""
