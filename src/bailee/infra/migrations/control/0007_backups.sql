-- Copies of the servers and what proved them: of the platform as a whole, no controller's. The folder of the copies is
-- what counts; these rows are how it was known last. Counts and codes, no person.
CREATE TABLE bailee.backup (
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('full', 'keys', 'attested')),
    stores text[] NOT NULL,
    taken_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    size bigint NOT NULL,
    parts integer NOT NULL,
    digest text NOT NULL,
    epochs text[] NOT NULL,
    gone_at timestamptz,
    made_by text NOT NULL,
    entry text NOT NULL,
    CONSTRAINT backup_key PRIMARY KEY (name)
);

CREATE INDEX backup_taken ON bailee.backup (taken_at);

CREATE TABLE bailee.backup_check (
    check_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('drill', 'restore')),
    backup text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    good boolean NOT NULL,
    found text NOT NULL,
    made_by text NOT NULL,
    entry text NOT NULL,
    CONSTRAINT backup_check_key PRIMARY KEY (check_id)
);

CREATE INDEX backup_check_ended ON bailee.backup_check (ended_at);

SELECT bailee.local_table('backup');
SELECT bailee.local_table('backup_check');

GRANT SELECT, INSERT, UPDATE ON bailee.backup TO bailee_app;
GRANT SELECT, INSERT ON bailee.backup_check TO bailee_app;
