-- Agreements on their way to be signed, sealed; one at a time for a controller.

CREATE TABLE bailee.draft (
    controller_id uuid NOT NULL,
    draft_id uuid NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT draft_key PRIMARY KEY (controller_id)
);

SELECT bailee.controller_table('draft');

ALTER TABLE bailee.draft ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.draft TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.draft TO bailee_app;
