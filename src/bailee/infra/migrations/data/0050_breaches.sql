-- Breaches of personal data: the processor's own file of each, what each means for a controller, and whom it reached
-- (breach.*).

-- The processor's file, in the platform's own dossier: what happened, whom it concerns, sealed.
CREATE TABLE bailee.breach (
    controller_id uuid NOT NULL,
    breach_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('finding', 'dismissed', 'open', 'closed')),
    found_at timestamptz NOT NULL,
    aware_at timestamptz,
    -- a controller's file is still to be opened
    waits boolean NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT breach_key PRIMARY KEY (controller_id, breach_id)
);
CREATE INDEX breach_waits ON bailee.breach (controller_id) WHERE waits;

-- What it means for one controller, under an id that says nothing of the others.
CREATE TABLE bailee.breach_case (
    controller_id uuid NOT NULL,
    case_id uuid NOT NULL,
    breach_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'told', 'closed')),
    opened_at timestamptz NOT NULL,
    -- when it must be looked at again: a scope to be computed, a notice whose outcome is not known
    look_at timestamptz,
    sealed bytea NOT NULL,
    CONSTRAINT breach_case_key PRIMARY KEY (controller_id, case_id),
    CONSTRAINT breach_case_once UNIQUE (controller_id, breach_id)
);
CREATE INDEX breach_case_looked_at ON bailee.breach_case (controller_id, look_at) WHERE look_at IS NOT NULL;

-- Whom a computed scope reached: random ids and nothing else, as entries of the ledger name them. A row is a record, or
-- with the nil id a person with as many records as `many` says.
CREATE TABLE bailee.breach_reach (
    controller_id uuid NOT NULL,
    case_id uuid NOT NULL,
    scope integer NOT NULL,
    person_id uuid NOT NULL,
    record_id uuid NOT NULL,
    type text NOT NULL,
    many bigint NOT NULL,
    CONSTRAINT breach_reach_key PRIMARY KEY (controller_id, case_id, scope, person_id, record_id)
);

SELECT bailee.controller_table('breach');
SELECT bailee.controller_table('breach_case');
SELECT bailee.controller_table('breach_reach');

ALTER TABLE bailee.breach ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.breach_case ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.breach_reach ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.breach TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.breach_case TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.breach_reach TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.breach TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.breach_case TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.breach_reach TO bailee_app;

-- Nothing is counted by controller (0046).
ALTER TABLE bailee.breach ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.breach_case ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.breach_reach ALTER COLUMN controller_id SET STATISTICS 0;

-- Breaches with something to do: at the platform a controller's file to be opened, at a controller one to be looked at.
CREATE FUNCTION bailee.due_breaches(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.breach x WHERE x.controller_id = controllers[i] AND x.waits
            ) OR EXISTS (
                SELECT 1 FROM bailee.breach_case y WHERE y.controller_id = controllers[i] AND y.look_at <= at
            );
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.due_breaches(uuid[], timestamptz) TO bailee_app;
