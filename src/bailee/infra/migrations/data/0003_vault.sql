-- The vault: people, and what is held about them. Values are ciphertext; what stands in clear here is
-- random identifiers, states and interned policy, nothing that names or describes a person.

CREATE TABLE bailee.person (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('living', 'erasing', 'erased')),
    groups text[] NOT NULL,
    restricted boolean NOT NULL DEFAULT false,
    objections text[] NOT NULL DEFAULT '{}',
    held boolean NOT NULL DEFAULT false,
    key_id uuid,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT person_key_of_row PRIMARY KEY (controller_id, person_id)
);

CREATE TABLE bailee.record (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    record_id uuid NOT NULL,
    type text NOT NULL,
    class_id integer NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    sealed bytea NOT NULL,
    CONSTRAINT record_key PRIMARY KEY (controller_id, person_id, record_id)
);

CREATE TABLE bailee.blind_index (
    controller_id uuid NOT NULL,
    tag bytea NOT NULL,
    person_id uuid NOT NULL,
    record_id uuid NOT NULL,
    CONSTRAINT blind_index_key PRIMARY KEY (controller_id, tag, person_id, record_id)
);

CREATE INDEX blind_index_record ON bailee.blind_index (controller_id, person_id, record_id);

CREATE TABLE bailee.policy_class (
    controller_id uuid NOT NULL,
    class_id integer NOT NULL,
    digest bytea NOT NULL,
    type text NOT NULL,
    purposes text[] NOT NULL,
    retention text,
    recipients text[] NOT NULL,
    source text NOT NULL,
    CONSTRAINT policy_class_key PRIMARY KEY (controller_id, class_id),
    CONSTRAINT policy_class_once UNIQUE (controller_id, digest)
);

CREATE TABLE bailee.record_type (
    controller_id uuid NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    schema jsonb NOT NULL,
    declared_at timestamptz NOT NULL,
    CONSTRAINT record_type_key PRIMARY KEY (controller_id, type, version)
);

CREATE TABLE bailee.idempotency (
    controller_id uuid NOT NULL,
    tag bytea NOT NULL,
    request bytea NOT NULL,
    status smallint NOT NULL,
    persons uuid[] NOT NULL,
    records uuid[] NOT NULL,
    version integer NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT idempotency_key PRIMARY KEY (controller_id, tag)
);

CREATE INDEX idempotency_age ON bailee.idempotency (controller_id, made_at);

-- The work of erasing a person, step by step (a restart goes on where it stood).
CREATE TABLE bailee.erasure (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    key_id uuid NOT NULL,
    step text NOT NULL CHECK (step IN ('marked', 'intended', 'shredded', 'done')),
    records integer NOT NULL,
    asked_at timestamptz NOT NULL,
    unreadable_at timestamptz,
    final_at timestamptz,
    CONSTRAINT erasure_key PRIMARY KEY (controller_id, person_id)
);

CREATE INDEX erasure_open ON bailee.erasure (controller_id) WHERE step <> 'done';

ALTER TABLE bailee.record ALTER COLUMN sealed SET STORAGE EXTERNAL;

SELECT bailee.controller_table('person');
SELECT bailee.controller_table('record');
SELECT bailee.controller_table('blind_index');
SELECT bailee.controller_table('policy_class');
SELECT bailee.controller_table('record_type');
SELECT bailee.controller_table('idempotency');
SELECT bailee.controller_table('erasure');

ALTER TABLE bailee.record ADD CONSTRAINT record_of_person
    FOREIGN KEY (controller_id, person_id) REFERENCES bailee.person (controller_id, person_id);

ALTER TABLE bailee.person ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.record ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.blind_index ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.policy_class ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.record_type ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.erasure ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.person TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.record TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.blind_index TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.policy_class TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.record_type TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.idempotency TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.erasure TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON bailee.person TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.record TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.blind_index TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.policy_class TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.record_type TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.idempotency TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.erasure TO bailee_app;
