-- Single sign-on: a controller's identity provider, sealed; one for a controller.

CREATE TABLE bailee.sign_on (
    controller_id uuid NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT sign_on_key PRIMARY KEY (controller_id)
);

SELECT bailee.controller_table('sign_on');

ALTER TABLE bailee.sign_on ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.sign_on TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.sign_on TO bailee_app;
