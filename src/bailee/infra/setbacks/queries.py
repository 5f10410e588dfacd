"""The setbacks' SQL, on the control database: the worker's own, and no controller's."""

NOTE = """
INSERT INTO bailee.setback (controller_id, duty, kind, times, since_at, last_at, again_at)
VALUES ($1, $2, $3, $4, $5, $5, $6)
ON CONFLICT (controller_id, duty) DO UPDATE SET kind = $3, times = $4, last_at = $5, again_at = $6
"""
COUNT = """
INSERT INTO bailee.setback_count (duty, times) VALUES ($1, 1)
ON CONFLICT (duty) DO UPDATE SET times = setback_count.times + 1
"""
OVER = "DELETE FROM bailee.setback WHERE controller_id = $1 AND duty = $2"
OF_DUTY = "SELECT controller_id, times FROM bailee.setback WHERE duty = $1"
LISTED = """
SELECT controller_id, duty, kind, times, since_at, last_at, again_at FROM bailee.setback
ORDER BY since_at, controller_id, duty LIMIT $1
"""
COUNTED = """
SELECT c.duty, c.times, (SELECT count(*) FROM bailee.setback s WHERE s.duty = c.duty) AS standing
FROM bailee.setback_count c ORDER BY c.duty
"""
LOOK = "SELECT after_person FROM bailee.look WHERE controller_id = $1"
# $4: everyone has been looked at; the next look begins with the next that is written down.
LOOKED = """
INSERT INTO bailee.look (controller_id, after_person, began_at, whole_at)
VALUES ($1, $2, $3, CASE WHEN $4 THEN $3::timestamptz END)
ON CONFLICT (controller_id) DO UPDATE SET
    after_person = $2,
    began_at = CASE WHEN $4 OR look.after_person = $5 THEN $3::timestamptz ELSE look.began_at END,
    whole_at = CASE WHEN NOT $4 THEN look.whole_at WHEN look.after_person = $5 THEN $3::timestamptz ELSE look.began_at END
"""
NOT_LOOKED_AT = "DELETE FROM bailee.look WHERE controller_id = $1"
OLDEST_LOOK = """
SELECT controller_id, began_at, whole_at FROM bailee.look ORDER BY coalesce(whole_at, began_at), controller_id LIMIT 1
"""
