-- The privacy notice of each controller: what it filled in, the versions that were made of it, and who was shown which
-- (rights.inform).

CREATE TABLE bailee.privacy_filled (
    controller_id uuid NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT privacy_filled_key PRIMARY KEY (controller_id)
);

-- A version is the very bytes that are shown; its digest names it. Sealed: it holds the officer's name.
CREATE TABLE bailee.privacy_version (
    controller_id uuid NOT NULL,
    digest text NOT NULL,
    language text NOT NULL,
    person_group text NOT NULL,
    number integer NOT NULL,
    made_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT privacy_version_key PRIMARY KEY (controller_id, language, person_group, number)
);

CREATE INDEX privacy_version_digest ON bailee.privacy_version (controller_id, digest);

-- The notice log.
CREATE TABLE bailee.privacy_shown (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    digest text NOT NULL,
    language text NOT NULL,
    person_group text NOT NULL,
    shown_at timestamptz NOT NULL,
    occasion text NOT NULL,
    CONSTRAINT privacy_shown_key PRIMARY KEY (controller_id, person_id, digest)
);

SELECT bailee.controller_table('privacy_filled');
SELECT bailee.controller_table('privacy_version');
SELECT bailee.controller_table('privacy_shown');

ALTER TABLE bailee.privacy_filled ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.privacy_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.privacy_shown ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.privacy_filled TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.privacy_version TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.privacy_shown TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.privacy_filled TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.privacy_version TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.privacy_shown TO bailee_app;
