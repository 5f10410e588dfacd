"""The ledger's SQL, by name. Every statement carries the controller, but the one that finds work."""

APPEND = "SELECT bailee.append($1, $2, $3, $4, $5, $6, $7, $8)"

# Exception to the rule, by name: the sequencer asks every controller's table for pending batches.
PENDING_CONTROLLERS = "SELECT DISTINCT controller_id FROM bailee.ledger_batch WHERE first_index IS NULL"
# In the order in which they were appended: ids that two processes make at the same moment are in no order.
# $2 batches at most, and no more once they hold $3 entries.
PENDING_BATCHES = """
SELECT batch_id, entries, commitments, person_tags FROM (
    SELECT batch_id, entries, commitments, person_tags, appended_at,
           sum(entries) OVER (ORDER BY appended_at, batch_id) - entries AS before
    FROM bailee.ledger_batch WHERE controller_id = $1 AND first_index IS NULL ORDER BY appended_at, batch_id LIMIT $2
) AS waiting
WHERE before < $3 ORDER BY appended_at, batch_id
"""
PENDING_BATCH = """
SELECT batch_id, entries, commitments, person_tags FROM bailee.ledger_batch
WHERE controller_id = $1 AND batch_id = $2 AND first_index IS NULL
"""
PLACE_BATCH = """
UPDATE bailee.ledger_batch SET generation = $3, first_index = $4
WHERE controller_id = $1 AND batch_id = $2 AND first_index IS NULL
"""
# What readers see: the newest checkpoint that is anchored.
HEAD = """
SELECT generation, published_size AS size, published AS checkpoint, integrated_at FROM bailee.ledger_head
WHERE controller_id = $1 AND published <> ''
"""
FRONTIER = "SELECT generation, size, frontier FROM bailee.ledger_head WHERE controller_id = $1"
LOCK_HEAD = """
SELECT generation, size, frontier, checkpoint, integrated_at FROM bailee.ledger_head
WHERE controller_id = $1 FOR UPDATE
"""
NEW_HEAD = """
INSERT INTO bailee.ledger_head (controller_id, generation, size, frontier, checkpoint, integrated_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (controller_id) DO NOTHING
"""
# Exception to the rule, by name: the sequencer publishes every log's new checkpoint in one round.
UNPUBLISHED = """
SELECT controller_id, generation, size, checkpoint FROM bailee.ledger_head WHERE checkpoint <> published AND size > 0
"""
# Exception to the rule, by name: what is published of every log, for anchors that were lost.
PUBLISHED = "SELECT controller_id, generation, published FROM bailee.ledger_head WHERE published_size > 0"
PUBLISH = """
UPDATE bailee.ledger_head SET published = $4, published_size = $3
WHERE controller_id = $1 AND generation = $2 AND published_size <= $3
"""
CLOSE_LOG = """
INSERT INTO bailee.ledger_closed (controller_id, generation, checkpoint, reason, closed_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (controller_id, generation) DO NOTHING
"""
CLOSED_LOGS = """
SELECT generation, checkpoint, reason, closed_at FROM bailee.ledger_closed WHERE controller_id = $1 ORDER BY generation
"""
NEXT_GENERATION = """
UPDATE bailee.ledger_head
SET generation = $2, size = 0, frontier = $3, checkpoint = $4, published = '', published_size = 0
WHERE controller_id = $1
"""
INSERT_BATCH = """
INSERT INTO bailee.ledger_batch
    (controller_id, batch_id, appended_at, entries, commitments, person_tags, body_key, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
MOVE_HEAD = """
UPDATE bailee.ledger_head SET size = $4, frontier = $5, checkpoint = $6, integrated_at = $7
WHERE controller_id = $1 AND generation = $2 AND size = $3
"""
PUT_TILE = """
INSERT INTO bailee.ledger_tile (controller_id, generation, level, position, hashes)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (controller_id, generation, level, position) DO UPDATE SET hashes = $5
"""
TILE = """
SELECT hashes FROM bailee.ledger_tile
WHERE controller_id = $1 AND generation = $2 AND level = $3 AND position = $4
"""
TAG_PERSON = """
INSERT INTO bailee.ledger_person (controller_id, tag, batch_id) VALUES ($1, $2, $3)
ON CONFLICT (controller_id, tag, batch_id) DO NOTHING
"""

# Which batches there are, without what they say.
WRITTEN = """
SELECT batch_id, appended_at FROM bailee.ledger_batch WHERE controller_id = $1 AND batch_id > $2
ORDER BY batch_id LIMIT $3
"""
PLACE = """
SELECT generation, first_index, entries, commitments, body_key, body FROM bailee.ledger_batch
WHERE controller_id = $1 AND batch_id = $2
"""
BATCHES_FROM = """
SELECT batch_id, first_index, entries, commitments, body_key, body FROM bailee.ledger_batch
WHERE controller_id = $1 AND generation = $2 AND first_index >= $3 AND first_index < $4
ORDER BY first_index LIMIT $5
"""
BATCH_HOLDING = """
SELECT batch_id, first_index, entries, commitments, body_key, body FROM bailee.ledger_batch
WHERE controller_id = $1 AND generation = $2 AND first_index <= $3
ORDER BY first_index DESC LIMIT 1
"""
PERSON_BATCHES = """
SELECT batch_id FROM bailee.ledger_person WHERE controller_id = $1 AND tag = $2 ORDER BY batch_id
"""
PENDING_TAIL = """
SELECT batch_id, person_tags FROM bailee.ledger_batch WHERE controller_id = $1 AND first_index IS NULL
"""
PENDING_COUNT = """
SELECT (SELECT count(*) FROM bailee.ledger_batch WHERE controller_id = $1 AND first_index IS NULL)
     + (SELECT count(*) FROM bailee.ledger_head WHERE controller_id = $1 AND size > 0 AND checkpoint <> published)
"""
WAITING = """
SELECT (SELECT coalesce(sum(entries), 0) FROM bailee.ledger_batch WHERE controller_id = $1 AND first_index IS NULL)::bigint
     + coalesce((SELECT size - published_size FROM bailee.ledger_head WHERE controller_id = $1), 0)
"""
FORGET_BODIES_OF = """
UPDATE bailee.ledger_batch SET body = NULL
WHERE controller_id = $1 AND body_key = $2 AND body IS NOT NULL AND first_index IS NOT NULL
"""
BODY_KEYS = """
SELECT DISTINCT body_key FROM bailee.ledger_batch WHERE controller_id = $1 AND body IS NOT NULL ORDER BY body_key
"""
PENDING_OF_KEY = """
SELECT count(*) FROM bailee.ledger_batch WHERE controller_id = $1 AND body_key = $2 AND first_index IS NULL
"""
FORGET_BODIES = """
UPDATE bailee.ledger_batch SET body = NULL WHERE controller_id = $1 AND body IS NOT NULL
"""
BODIES_LEFT = """
SELECT count(*) FROM bailee.ledger_batch WHERE controller_id = $1 AND body IS NOT NULL
"""
FORGET_PERSON_TAGS = "DELETE FROM bailee.ledger_person WHERE controller_id = $1"
