-- A checkpoint is published only after it has been anchored outside both servers: what readers see is `published`,
-- what the sequencer has integrated may be ahead of it by one round. So no anchor is ever ahead of the database,
-- unless the database was put back to an older state.
ALTER TABLE bailee.ledger_head ADD COLUMN published_size bigint NOT NULL DEFAULT 0;

ALTER TABLE bailee.ledger_head ADD COLUMN published text NOT NULL DEFAULT '';

UPDATE bailee.ledger_head SET published_size = size, published = checkpoint WHERE controller_id IS NOT NULL;

-- The first leaf of a log's next generation is the sequencer's own: it says, in clear, which log it goes on from.
GRANT INSERT (
    controller_id, batch_id, appended_at, entries, commitments, person_tags, body_key, body, generation, first_index
) ON bailee.ledger_batch TO bailee_sequencer;
