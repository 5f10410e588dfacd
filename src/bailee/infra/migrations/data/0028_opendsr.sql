-- Requests that controllers' own tools send (OpenDSR 2.0): which of the controller's requests they became, how far they
-- are, and whom to call back. Of a person nothing but the requests' ids.

CREATE TABLE bailee.opendsr_request (
    controller_id uuid NOT NULL,
    subject_request_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('access', 'portability', 'erasure')),
    requests uuid[] NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'in_progress', 'completed', 'cancelled')),
    results integer NOT NULL,
    received_at timestamptz NOT NULL,
    expected_at timestamptz NOT NULL,
    -- the status that was last told, and when the next is to be told
    told text NOT NULL,
    tell_at timestamptz,
    tries integer NOT NULL,
    sealed_callbacks bytea NOT NULL,
    CONSTRAINT opendsr_request_key PRIMARY KEY (controller_id, subject_request_id)
);

CREATE INDEX opendsr_request_open ON bailee.opendsr_request (controller_id, received_at)
    WHERE status IN ('pending', 'in_progress') OR tell_at IS NOT NULL;

SELECT bailee.controller_table('opendsr_request');

ALTER TABLE bailee.opendsr_request ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.opendsr_request TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.opendsr_request TO bailee_app;
