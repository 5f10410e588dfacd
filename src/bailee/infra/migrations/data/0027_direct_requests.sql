-- What persons write to the processor, until it has reached the controllers that it concerns (rights.forward,
-- rights.complaint).

-- A message as it came: the platform's own, sealed under a key of its own that goes as soon as it was passed on.
CREATE TABLE bailee.message (
    controller_id uuid NOT NULL,
    message_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('form', 'mail', 'maildir', 'api')),
    state text NOT NULL CHECK (state IN ('received', 'unassigned', 'forwarded', 'own', 'dismissed', 'automatic')),
    received_at timestamptz NOT NULL,
    size integer NOT NULL,
    claimed_until timestamptz,
    attempts integer NOT NULL,
    -- why it is where it is, as a code
    reason text NOT NULL,
    -- the rights it seems to be about, by article, and the rules that said so
    kinds text[] NOT NULL,
    reasons text[] NOT NULL,
    -- to how many controllers it went
    forwarded integer NOT NULL,
    ended_at timestamptz,
    -- the sealing key's name, until that is shredded; the content goes first
    sealed_under text,
    sealed bytea,
    CONSTRAINT message_key PRIMARY KEY (controller_id, message_id)
);

CREATE INDEX message_state ON bailee.message (controller_id, state, received_at);
CREATE INDEX message_content ON bailee.message (controller_id, message_id) WHERE sealed_under IS NOT NULL;

-- What reached a controller: once for each message, resealed under the controller's own key.
CREATE TABLE bailee.direct_request (
    controller_id uuid NOT NULL,
    message_id uuid NOT NULL,
    -- its name at this controller: another than at any other, so that two controllers cannot compare
    request_id uuid NOT NULL,
    channel text NOT NULL,
    -- how the controller was found
    how text NOT NULL CHECK (how IN ('held', 'addressed', 'named', 'human')),
    kinds text[] NOT NULL,
    reasons text[] NOT NULL,
    received_at timestamptz NOT NULL,
    assigned_at timestamptz NOT NULL,
    acknowledged boolean NOT NULL,
    keep_until timestamptz NOT NULL,
    sealed_under text,
    sealed bytea,
    CONSTRAINT direct_request_key PRIMARY KEY (controller_id, message_id),
    CONSTRAINT direct_request_name UNIQUE (controller_id, request_id)
);

CREATE INDEX direct_request_received ON bailee.direct_request (controller_id, received_at);

SELECT bailee.controller_table('message');
SELECT bailee.controller_table('direct_request');

ALTER TABLE bailee.message ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.direct_request ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.message TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.direct_request TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.message TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.direct_request TO bailee_app;
