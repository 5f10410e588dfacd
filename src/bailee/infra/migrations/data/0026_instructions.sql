-- Instructions on their way, what came with them, challenges, and orders of the law (instructions.*, transfers.compelled).

-- The gate's own store: which challenges suspend, and the orders in force, sealed. Written by the clause, read by the gate.
CREATE TABLE bailee.suspension (
    controller_id uuid NOT NULL,
    challenge_id uuid NOT NULL,
    instruction text NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT suspension_key PRIMARY KEY (controller_id, challenge_id)
);
CREATE TABLE bailee.compelled (
    controller_id uuid NOT NULL,
    order_id uuid NOT NULL,
    written_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT compelled_key PRIMARY KEY (controller_id, order_id)
);

-- Instructions that are being drafted, sealed like the documents that they become.
CREATE TABLE bailee.instruction_draft (
    controller_id uuid NOT NULL,
    draft_id uuid NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    -- what came in writing, where the draft was made of it
    original_id uuid,
    sealed bytea NOT NULL,
    CONSTRAINT instruction_draft_key PRIMARY KEY (controller_id, draft_id)
);
-- A mail or a document as it was given, kept beside the instruction that it became.
CREATE TABLE bailee.instruction_original (
    controller_id uuid NOT NULL,
    original_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    digest bytea NOT NULL,
    -- the signed document that it became; null while it is a draft
    instruction_digest bytea,
    sealed bytea NOT NULL,
    CONSTRAINT instruction_original_key PRIMARY KEY (controller_id, original_id)
);

CREATE TABLE bailee.challenge (
    controller_id uuid NOT NULL,
    challenge_id uuid NOT NULL,
    instruction text NOT NULL,
    raised_at timestamptz NOT NULL,
    raised_by text NOT NULL,
    suspends boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'confirmed', 'withdrawn', 'over')),
    answered_at timestamptz,
    -- the digest of the signed document that answered
    proof text,
    -- the reasons
    sealed bytea NOT NULL,
    CONSTRAINT challenge_key PRIMARY KEY (controller_id, challenge_id)
);
CREATE INDEX challenge_open ON bailee.challenge (controller_id, instruction) WHERE state = 'open';

-- An order of the law on its way: drafted, approved by two, told (or its silence reasoned), in force, over.
CREATE TABLE bailee.compulsion (
    controller_id uuid NOT NULL,
    order_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('drafted', 'telling', 'in-force', 'over', 'dropped')),
    changed_at timestamptz NOT NULL,
    -- whether the controller knows of it
    told boolean NOT NULL,
    -- when it must be looked at again: its last day, or the day on which the ban on telling ends
    look_at timestamptz,
    sealed bytea NOT NULL,
    CONSTRAINT compulsion_key PRIMARY KEY (controller_id, order_id)
);
CREATE INDEX compulsion_looked_at ON bailee.compulsion (controller_id, look_at) WHERE look_at IS NOT NULL;

SELECT bailee.controller_table('suspension');
SELECT bailee.controller_table('compelled');
SELECT bailee.controller_table('instruction_draft');
SELECT bailee.controller_table('instruction_original');
SELECT bailee.controller_table('challenge');
SELECT bailee.controller_table('compulsion');

ALTER TABLE bailee.suspension ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.compelled ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.instruction_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.instruction_original ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.challenge ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.compulsion ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.suspension TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.compelled TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.instruction_draft TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.instruction_original TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.challenge TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.compulsion TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, DELETE ON bailee.suspension TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.compelled TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.instruction_draft TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.instruction_original TO bailee_app;
GRANT SELECT, INSERT, UPDATE ON bailee.challenge TO bailee_app;
GRANT SELECT, INSERT, UPDATE ON bailee.compulsion TO bailee_app;
