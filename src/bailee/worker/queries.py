"""The worker's SQL, on the control database."""

# A gap longer than $3 .. now, or a clock that ran back, starts the row of ticks anew.
TICK = """
INSERT INTO bailee.tick (process, ticking_since, ticked_at) VALUES ($1, $2, $2)
ON CONFLICT (process) DO UPDATE SET
    ticking_since = CASE WHEN tick.ticked_at BETWEEN $3 AND $2 THEN tick.ticking_since ELSE $2 END,
    ticked_at = $2
"""
