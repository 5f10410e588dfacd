-- The processing register of each controller: what of its ledger is counted, the versions of what is declared, the
-- requests for it and the copies that were given (register.art30-2, register.on-request).

-- How far the ledger is counted, in which generation of the log.
CREATE TABLE bailee.register_counted (
    controller_id uuid NOT NULL,
    generation integer NOT NULL,
    next_index bigint NOT NULL,
    entries bigint NOT NULL,
    -- entries that could not be read: forgotten, or veiled
    unread bigint NOT NULL,
    CONSTRAINT register_counted_key PRIMARY KEY (controller_id)
);

-- What was counted by the days of a month, and all that was counted before it: one row answers for any day. Sealed: it
-- names the controller's recipients.
CREATE TABLE bailee.register_month (
    controller_id uuid NOT NULL,
    month text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT register_month_key PRIMARY KEY (controller_id, month)
);

CREATE TABLE bailee.register_version (
    controller_id uuid NOT NULL,
    number integer NOT NULL,
    version_id uuid NOT NULL,
    digest text NOT NULL,
    made_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT register_version_key PRIMARY KEY (controller_id, number)
);

CREATE INDEX register_version_digest ON bailee.register_version (controller_id, digest);

CREATE TABLE bailee.register_request (
    controller_id uuid NOT NULL,
    request_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'given', 'withdrawn')),
    obligation_id uuid NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT register_request_key PRIMARY KEY (controller_id, request_id)
);

-- A copy that was given, whole: what was said then can be shown for as long as the contract runs.
CREATE TABLE bailee.register_given (
    controller_id uuid NOT NULL,
    given_id uuid NOT NULL,
    given_at timestamptz NOT NULL,
    digest text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT register_given_key PRIMARY KEY (controller_id, given_id)
);

CREATE INDEX register_given_at ON bailee.register_given (controller_id, given_at);

SELECT bailee.controller_table('register_counted');
SELECT bailee.controller_table('register_month');
SELECT bailee.controller_table('register_version');
SELECT bailee.controller_table('register_request');
SELECT bailee.controller_table('register_given');

ALTER TABLE bailee.register_counted ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.register_month ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.register_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.register_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.register_given ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.register_counted TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.register_month TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.register_version TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.register_request TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.register_given TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.register_counted TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.register_month TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.register_version TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.register_request TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.register_given TO bailee_app;

ALTER TABLE bailee.register_counted ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.register_month ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.register_version ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.register_request ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.register_given ALTER COLUMN controller_id SET STATISTICS 0;

-- Ledgers with entries that are not counted yet, of controllers whose gate is open.
CREATE FUNCTION bailee.due_register(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.ledger_head h
                WHERE h.controller_id = controllers[i] AND h.published <> '' AND h.published_size > 0 AND NOT EXISTS (
                    SELECT 1 FROM bailee.register_counted x
                    WHERE x.controller_id = controllers[i] AND x.generation = h.generation
                        AND x.next_index >= h.published_size
                ) AND EXISTS (
                    SELECT 1 FROM bailee.gate g WHERE g.controller_id = controllers[i] AND g.state = 'open'
                )
            );
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.due_register(uuid[], timestamptz) TO bailee_app;
