"""The SQL of what is held, by name. Every statement carries the controller; nothing sealed is read."""

# A person's records and files, those alike together: how many, since when, and when the first and the last of them end.
KINDS = """
SELECT type, class_id, count(*) AS number, min(created_at) AS since, min(expires_at) AS first_end,
       max(expires_at) AS last_end, count(*) - count(expires_at) AS endless
FROM bailee.record
WHERE controller_id = $1 AND person_id = $2 AND (expires_at IS NULL OR expires_at > $3)
GROUP BY type, class_id
UNION ALL
SELECT type, class_id, count(*), min(created_at), NULL::timestamptz, NULL::timestamptz, count(*)
FROM bailee.file
WHERE controller_id = $1 AND person_id = $2 AND state = 'held'
GROUP BY type, class_id
ORDER BY 1, 2
"""
