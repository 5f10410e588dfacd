-- The ledger: one log per controller. A worker writes batches; the sequencer alone gives them their place.

CREATE TABLE bailee.ledger_batch (
    controller_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    appended_at timestamptz NOT NULL,
    entries integer NOT NULL CHECK (entries > 0),
    -- entries x 32 bytes: HMAC-SHA256(salt, body), in order
    commitments bytea NOT NULL,
    -- 16 bytes a person: keyed tags, copied to ledger_person at integration
    person_tags bytea NOT NULL,
    body_key text NOT NULL,
    body bytea,
    generation integer,
    first_index bigint,
    CONSTRAINT ledger_batch_key PRIMARY KEY (controller_id, batch_id),
    CONSTRAINT ledger_batch_place UNIQUE (controller_id, generation, first_index)
);

CREATE INDEX ledger_batch_pending ON bailee.ledger_batch (controller_id) WHERE first_index IS NULL;

CREATE TABLE bailee.ledger_head (
    controller_id uuid NOT NULL,
    generation integer NOT NULL,
    size bigint NOT NULL,
    frontier bytea NOT NULL,
    checkpoint text NOT NULL,
    integrated_at timestamptz NOT NULL,
    CONSTRAINT ledger_head_key PRIMARY KEY (controller_id)
);

-- Generations that were closed: their last checkpoint, and why.
CREATE TABLE bailee.ledger_closed (
    controller_id uuid NOT NULL,
    generation integer NOT NULL,
    checkpoint text NOT NULL,
    reason text NOT NULL,
    closed_at timestamptz NOT NULL,
    CONSTRAINT ledger_closed_key PRIMARY KEY (controller_id, generation)
);

CREATE TABLE bailee.ledger_tile (
    controller_id uuid NOT NULL,
    generation integer NOT NULL,
    level smallint NOT NULL,
    position bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT ledger_tile_key PRIMARY KEY (controller_id, generation, level, position)
);

CREATE TABLE bailee.ledger_person (
    controller_id uuid NOT NULL,
    tag bytea NOT NULL,
    batch_id uuid NOT NULL,
    CONSTRAINT ledger_person_key PRIMARY KEY (controller_id, tag, batch_id)
);

ALTER TABLE bailee.ledger_batch ALTER COLUMN body SET STORAGE EXTERNAL;

SELECT bailee.controller_table('ledger_batch');
SELECT bailee.controller_table('ledger_head');
SELECT bailee.controller_table('ledger_closed');
SELECT bailee.controller_table('ledger_tile');
SELECT bailee.controller_table('ledger_person');

ALTER TABLE bailee.ledger_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.ledger_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.ledger_closed ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.ledger_tile ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.ledger_person ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.ledger_batch TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.ledger_head TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.ledger_closed TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.ledger_tile TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.ledger_person TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

CREATE POLICY sequencer ON bailee.ledger_batch TO bailee_sequencer USING (true);
CREATE POLICY sequencer ON bailee.ledger_head TO bailee_sequencer USING (true);
CREATE POLICY sequencer ON bailee.ledger_closed TO bailee_sequencer USING (true);
CREATE POLICY sequencer ON bailee.ledger_tile TO bailee_sequencer USING (true);
CREATE POLICY sequencer ON bailee.ledger_person TO bailee_sequencer USING (true);

-- The application appends and reads; it can neither change nor remove an entry. Pruning and the end
-- of a contract take the sealed bodies away (a body becomes null), never a commitment.
GRANT SELECT ON bailee.ledger_batch TO bailee_app;
GRANT INSERT (controller_id, batch_id, appended_at, entries, commitments, person_tags, body_key, body)
    ON bailee.ledger_batch TO bailee_app;
GRANT UPDATE (body) ON bailee.ledger_batch TO bailee_app;
GRANT SELECT ON bailee.ledger_head TO bailee_app;
GRANT SELECT ON bailee.ledger_closed TO bailee_app;
GRANT SELECT ON bailee.ledger_tile TO bailee_app;
GRANT SELECT, DELETE ON bailee.ledger_person TO bailee_app;

GRANT SELECT (controller_id, batch_id, appended_at, entries, commitments, person_tags, generation, first_index)
    ON bailee.ledger_batch TO bailee_sequencer;
GRANT UPDATE (generation, first_index) ON bailee.ledger_batch TO bailee_sequencer;
GRANT SELECT, INSERT, UPDATE ON bailee.ledger_head TO bailee_sequencer;
GRANT SELECT, INSERT ON bailee.ledger_closed TO bailee_sequencer;
GRANT SELECT, INSERT, UPDATE ON bailee.ledger_tile TO bailee_sequencer;
GRANT SELECT, INSERT ON bailee.ledger_person TO bailee_sequencer;

-- One call appends a batch for each of several controllers: one round trip, one commit.
CREATE FUNCTION bailee.append(
    controllers uuid[], batches uuid[], at timestamptz, counts integer[],
    commitment_sets bytea[], tag_sets bytea[], body_keys text[], bodies bytea[]
) RETURNS void LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        INSERT INTO bailee.ledger_batch
            (controller_id, batch_id, appended_at, entries, commitments, person_tags, body_key, body)
        VALUES
            (controllers[i], batches[i], at, counts[i], commitment_sets[i], tag_sets[i], body_keys[i], bodies[i]);
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.append(uuid[], uuid[], timestamptz, integer[], bytea[], bytea[], text[], bytea[])
    TO bailee_app;
