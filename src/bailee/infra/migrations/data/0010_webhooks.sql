-- Webhooks: where a controller wants to hear of its people, and what was sent there. Address and secrets are sealed
-- under the controller's own key; in clear stand ids, states, times and counts.

-- Whether anyone wants to hear: a change that nobody hears of asks no further. Moves with the gate's version.
ALTER TABLE bailee.gate ADD COLUMN listening boolean NOT NULL DEFAULT false;

CREATE TABLE bailee.webhook (
    controller_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'paused', 'failing')),
    -- why it is in this state: asked, gone, retries-exhausted, delivered
    reason text NOT NULL,
    events text[] NOT NULL,
    version integer NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT webhook_key PRIMARY KEY (controller_id, webhook_id)
);

-- The queue, written in the transaction of the change that it tells of. The sequence orders what is told of a person.
CREATE TABLE bailee.webhook_delivery (
    controller_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event text NOT NULL,
    person_id uuid,
    sequence bigint NOT NULL,
    entry text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    created_at timestamptz NOT NULL,
    -- tries of this round, for the schedule; and all there ever were
    tries integer NOT NULL,
    attempts integer NOT NULL,
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    delivered_at timestamptz,
    CONSTRAINT webhook_delivery_key PRIMARY KEY (controller_id, delivery_id)
);

CREATE INDEX webhook_delivery_waiting ON bailee.webhook_delivery (controller_id, webhook_id, person_id, sequence)
    WHERE state = 'waiting';
CREATE INDEX webhook_delivery_person ON bailee.webhook_delivery (controller_id, person_id, sequence);
CREATE INDEX webhook_delivery_of ON bailee.webhook_delivery (controller_id, webhook_id, delivery_id);

CREATE TABLE bailee.webhook_attempt (
    controller_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    webhook_id uuid NOT NULL,
    at timestamptz NOT NULL,
    status integer,
    reason text NOT NULL,
    milliseconds integer NOT NULL,
    CONSTRAINT webhook_attempt_key PRIMARY KEY (controller_id, delivery_id, number)
);

CREATE INDEX webhook_attempt_of ON bailee.webhook_attempt (controller_id, webhook_id);

SELECT bailee.controller_table('webhook');
SELECT bailee.controller_table('webhook_delivery');
SELECT bailee.controller_table('webhook_attempt');

ALTER TABLE bailee.webhook ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.webhook_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.webhook_attempt ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.webhook TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.webhook_delivery TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.webhook_attempt TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.webhook TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.webhook_delivery TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.webhook_attempt TO bailee_app;
