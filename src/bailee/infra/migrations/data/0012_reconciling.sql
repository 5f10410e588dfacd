-- Reconciliation: two entries of one human become one, and can become two again for a term (autonomy.self-service).
-- In clear stand ids, states, times and versions; what the survivor's profile was before is sealed under its key.

-- A merged person is another's alias: its records stay where they are, sealed under its own key, and answer to nobody.
ALTER TABLE bailee.person DROP CONSTRAINT person_state_check;

ALTER TABLE bailee.person
    ADD CONSTRAINT person_state_check CHECK (state IN ('living', 'merged', 'erasing', 'erased'));

CREATE TABLE bailee.merge (
    controller_id uuid NOT NULL,
    merge_id uuid NOT NULL,
    survivor_id uuid NOT NULL,
    absorbed_id uuid NOT NULL,
    -- open: it can be undone; orphaned: the survivor was erased, the absorbed must follow; ended: the absorbed is gone
    state text NOT NULL CHECK (state IN ('open', 'undone', 'orphaned', 'ended')),
    actor text NOT NULL,
    merged_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    closed_at timestamptz,
    -- what stood about the survivor before and after, and the absorbed's account before
    groups_before text[] NOT NULL,
    groups_after text[] NOT NULL,
    objections_before text[] NOT NULL,
    objections_after text[] NOT NULL,
    account_state text,
    CONSTRAINT merge_key PRIMARY KEY (controller_id, merge_id)
);

CREATE INDEX merge_survivor ON bailee.merge (controller_id, survivor_id);
CREATE INDEX merge_absorbed ON bailee.merge (controller_id, absorbed_id);
CREATE INDEX merge_due ON bailee.merge (controller_id, due_at) WHERE state IN ('open', 'orphaned');

-- What a merge wrote at the survivor: records that came from the absorbed (origin), and the survivor's own profile,
-- whose ciphertext of before is kept until the term ends.
CREATE TABLE bailee.merge_record (
    controller_id uuid NOT NULL,
    merge_id uuid NOT NULL,
    person_id uuid NOT NULL,
    record_id uuid NOT NULL,
    type text NOT NULL,
    class_id integer NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    version integer NOT NULL,
    origin_id uuid,
    origin_version integer,
    sealed bytea,
    CONSTRAINT merge_record_key PRIMARY KEY (controller_id, merge_id, record_id)
);

CREATE INDEX merge_record_person ON bailee.merge_record (controller_id, person_id);

-- Pairs that someone looked at and found to be two people.
CREATE TABLE bailee.dismissed_pair (
    controller_id uuid NOT NULL,
    first_id uuid NOT NULL,
    second_id uuid NOT NULL,
    actor text NOT NULL,
    dismissed_at timestamptz NOT NULL,
    CONSTRAINT dismissed_pair_key PRIMARY KEY (controller_id, first_id, second_id)
);

CREATE INDEX dismissed_pair_second ON bailee.dismissed_pair (controller_id, second_id);

SELECT bailee.controller_table('merge');
SELECT bailee.controller_table('merge_record');
SELECT bailee.controller_table('dismissed_pair');

ALTER TABLE bailee.merge ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.merge_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.dismissed_pair ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.merge TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.merge_record TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.dismissed_pair TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.merge TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.merge_record TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.dismissed_pair TO bailee_app;
