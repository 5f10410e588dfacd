-- Accounts: who may sign in, how, and what they may do. What names or describes someone is sealed under the
-- person's key; in clear stand states, roles, times and keyed tags.

CREATE TABLE bailee.account (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('invited', 'active', 'suspended', 'closing')),
    roles text[] NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- when a closing account goes, the state it had before, and whether its own person asked
    closes_at timestamptz,
    closing_from text,
    closing_own boolean NOT NULL DEFAULT false,
    signed_in_at timestamptz,
    reviewed_at timestamptz,
    CONSTRAINT account_key PRIMARY KEY (controller_id, person_id),
    CONSTRAINT account_closes CHECK (state <> 'closing' OR closes_at IS NOT NULL)
);

-- The means of signing in, sealed: address, password digest, authenticator secrets, passkeys, recovery codes.
CREATE TABLE bailee.sign_in (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    version integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT sign_in_key PRIMARY KEY (controller_id, person_id)
);

-- Whose sign-in name it is: a keyed tag, never the name.
CREATE TABLE bailee.sign_in_name (
    controller_id uuid NOT NULL,
    tag bytea NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT sign_in_name_key PRIMARY KEY (controller_id, tag)
);

CREATE TABLE bailee.session (
    controller_id uuid NOT NULL,
    session_id uuid NOT NULL,
    person_id uuid NOT NULL,
    secret_digest bytea NOT NULL,
    methods text[] NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    proven_at timestamptz NOT NULL,
    ended_at timestamptz,
    sealed bytea NOT NULL,
    CONSTRAINT session_key PRIMARY KEY (controller_id, session_id)
);

CREATE INDEX session_person ON bailee.session (controller_id, person_id);

-- Links sent by mail: invitations, confirmations of an address, resets. Only a digest is kept.
CREATE TABLE bailee.link (
    controller_id uuid NOT NULL,
    link_id uuid NOT NULL,
    person_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('invitation', 'reset', 'address')),
    secret_digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT link_key PRIMARY KEY (controller_id, link_id)
);

CREATE INDEX link_person ON bailee.link (controller_id, person_id);

-- Failed attempts, by keyed tag of what was tried and from where; forgotten after a day.
CREATE TABLE bailee.attempt (
    controller_id uuid NOT NULL,
    tag bytea NOT NULL,
    failures integer NOT NULL,
    failed_at timestamptz NOT NULL,
    CONSTRAINT attempt_key PRIMARY KEY (controller_id, tag)
);

-- Roles that a controller makes of permissions.
CREATE TABLE bailee.role (
    controller_id uuid NOT NULL,
    role text NOT NULL,
    permissions text[] NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT role_key PRIMARY KEY (controller_id, role)
);

SELECT bailee.controller_table('account');
SELECT bailee.controller_table('sign_in');
SELECT bailee.controller_table('sign_in_name');
SELECT bailee.controller_table('session');
SELECT bailee.controller_table('link');
SELECT bailee.controller_table('attempt');
SELECT bailee.controller_table('role');

ALTER TABLE bailee.account ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.sign_in ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.sign_in_name ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.session ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.link ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.role ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.account TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.sign_in TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.sign_in_name TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.session TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.link TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.attempt TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.role TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.account TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.sign_in TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.sign_in_name TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.session TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.link TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.attempt TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.role TO bailee_app;
