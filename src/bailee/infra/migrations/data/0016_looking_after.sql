-- Looking after promises: one question for every controller, what was attached as evidence, and calendars' own links.

DROP INDEX bailee.obligation_looked_at;

-- An obligation that has ended is looked at once more where it ended late: `look_at` says so, whatever its state.
CREATE INDEX obligation_looked_at ON bailee.obligation (controller_id, look_at) WHERE look_at IS NOT NULL;
CREATE INDEX obligation_open ON bailee.obligation (controller_id, due_at) WHERE state = 'open';

-- Which of these controllers have something to be looked at. One round trip, each in its own context; a controller
-- whose data are being destroyed is left alone, because its ledger's key is going.
CREATE FUNCTION bailee.obligations_to_look_at(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT g.controller_id FROM bailee.gate g
            WHERE g.controller_id = controllers[i] AND g.state = 'open' AND EXISTS (
                SELECT 1 FROM bailee.obligation o WHERE o.controller_id = controllers[i] AND o.look_at <= at
            );
    END LOOP;
END
$$;

-- What is open of these controllers, the earliest due of each first, so many of each at most.
CREATE FUNCTION bailee.obligations_open(controllers uuid[], most integer)
RETURNS SETOF bailee.obligation LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT o.* FROM bailee.obligation o
            WHERE o.controller_id = controllers[i] AND o.state = 'open' ORDER BY o.due_at, o.obligation_id LIMIT most;
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.obligations_to_look_at(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.obligations_open(uuid[], integer) TO bailee_app;

-- What someone attached as evidence, sealed under a key of the controller's own; the ledger has its digest.
CREATE TABLE bailee.obligation_evidence (
    controller_id uuid NOT NULL,
    evidence_id uuid NOT NULL,
    obligation_id uuid NOT NULL,
    attached_at timestamptz NOT NULL,
    attached_by text NOT NULL,
    digest bytea NOT NULL,
    size integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT obligation_evidence_key PRIMARY KEY (controller_id, evidence_id)
);

CREATE INDEX obligation_evidence_of ON bailee.obligation_evidence (controller_id, obligation_id, evidence_id);

-- Links under which a calendar reads obligations. Only a digest of the secret is kept.
CREATE TABLE bailee.obligation_calendar (
    controller_id uuid NOT NULL,
    calendar_id uuid NOT NULL,
    digest bytea NOT NULL,
    language text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT obligation_calendar_key PRIMARY KEY (controller_id, calendar_id)
);

SELECT bailee.controller_table('obligation_evidence');
SELECT bailee.controller_table('obligation_calendar');

ALTER TABLE bailee.obligation_evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.obligation_calendar ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.obligation_evidence TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.obligation_calendar TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.obligation_evidence TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.obligation_calendar TO bailee_app;
