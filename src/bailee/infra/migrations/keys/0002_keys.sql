-- The key store: one wrapped key per person, a few per controller. The keys that wrap them live in the
-- root provider alone, so this database opens nothing by itself.

CREATE TABLE bailee.person_key (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    key_id uuid NOT NULL,
    epoch integer NOT NULL,
    wrapped bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT person_key_key PRIMARY KEY (controller_id, person_id)
);

CREATE INDEX person_key_epoch ON bailee.person_key (controller_id, epoch);

CREATE TABLE bailee.controller_key (
    controller_id uuid NOT NULL,
    name text NOT NULL,
    key_id uuid NOT NULL,
    epoch integer NOT NULL,
    wrapped bytea NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT controller_key_key PRIMARY KEY (controller_id, name)
);

-- The epoch under which new keys are wrapped, and the older one that is being left.
CREATE TABLE bailee.key_epoch (
    controller_id uuid NOT NULL,
    current_epoch integer NOT NULL,
    turned_at timestamptz NOT NULL,
    CONSTRAINT key_epoch_key PRIMARY KEY (controller_id)
);

SELECT bailee.controller_table('person_key');
SELECT bailee.controller_table('controller_key');
SELECT bailee.controller_table('key_epoch');

ALTER TABLE bailee.person_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.controller_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.key_epoch ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.person_key TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.controller_key TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.key_epoch TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.person_key TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.controller_key TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.key_epoch TO bailee_app;
