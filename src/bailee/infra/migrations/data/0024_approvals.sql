-- The second person: dangerous acts that wait for somebody else, which acts these are, and what reviews decided.
-- The request itself is sealed under a key of the controller; in clear stand its keyed digest, ids and times.

CREATE TABLE bailee.approval (
    controller_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    danger text NOT NULL,
    digest bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'approved', 'refused', 'withdrawn', 'used')),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    sealed bytea NOT NULL,
    CONSTRAINT approval_key PRIMARY KEY (controller_id, approval_id)
);

CREATE INDEX approval_digest ON bailee.approval (controller_id, digest);

-- Which acts wait for a second person; without a row, the default.
CREATE TABLE bailee.two_person (
    controller_id uuid NOT NULL,
    dangers text[] NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT two_person_key PRIMARY KEY (controller_id)
);

-- What a review of access decided about an account; the ledger has it too, for longer than the person.
CREATE TABLE bailee.access_review (
    controller_id uuid NOT NULL,
    review_id uuid NOT NULL,
    person_id uuid NOT NULL,
    decision text NOT NULL CHECK (decision IN ('keep', 'change', 'remove')),
    roles_before text[] NOT NULL,
    roles_after text[] NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT access_review_key PRIMARY KEY (controller_id, review_id)
);

-- The register of handovers: what was given out at the controller's own call. To whom is sealed under a key of theirs.
CREATE TABLE bailee.handover (
    controller_id uuid NOT NULL,
    handover_id uuid NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    form text NOT NULL,
    categories text[] NOT NULL,
    persons integer NOT NULL,
    complete boolean NOT NULL,
    digest bytea NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT handover_key PRIMARY KEY (controller_id, handover_id)
);

SELECT bailee.controller_table('approval');
SELECT bailee.controller_table('handover');
SELECT bailee.controller_table('two_person');
SELECT bailee.controller_table('access_review');

ALTER TABLE bailee.approval ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.two_person ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.handover ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.access_review ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.approval TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.two_person TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.access_review TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.approval TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.two_person TO bailee_app;
CREATE POLICY own ON bailee.handover TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, DELETE ON bailee.handover TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.access_review TO bailee_app;
