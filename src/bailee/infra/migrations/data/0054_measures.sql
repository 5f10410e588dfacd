-- Measures of security: how each stands, its history, what did not hold, what named persons said, which levels were
-- reached, and which lines of the catalogue were taken in (security.measures, security.no-regression). All of it is the
-- platform's own: of the platform's controller, and of no other.

CREATE TABLE bailee.measure (
    controller_id uuid NOT NULL,
    measure text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    figures text NOT NULL,
    since_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    kept_on date NOT NULL,
    incident_id uuid,
    holds_since timestamptz,
    CONSTRAINT measure_key PRIMARY KEY (controller_id, measure)
);

-- Changes, and one result a day.
CREATE TABLE bailee.measure_kept (
    controller_id uuid NOT NULL,
    measure text NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT measure_kept_key PRIMARY KEY (controller_id, measure, at)
);

CREATE TABLE bailee.measure_incident (
    controller_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    measure text NOT NULL,
    opened_at timestamptz NOT NULL,
    reason text NOT NULL,
    closed_at timestamptz,
    closed_by text,
    CONSTRAINT measure_incident_key PRIMARY KEY (controller_id, incident_id)
);

-- Attestations, decisions, reviews: who said what is sealed.
CREATE TABLE bailee.measure_said (
    controller_id uuid NOT NULL,
    said_id uuid NOT NULL,
    kind text NOT NULL,
    measure text NOT NULL,
    at timestamptz NOT NULL,
    said_by text NOT NULL,
    until_at timestamptz,
    rank_before integer,
    rank_after integer,
    judged text,
    digest text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT measure_said_key PRIMARY KEY (controller_id, said_id)
);

-- The highest rank that a declared measure has reached, unless a decision took it back.
CREATE TABLE bailee.measure_level (
    controller_id uuid NOT NULL,
    measure text NOT NULL,
    rank integer NOT NULL,
    reason text NOT NULL,
    figures text NOT NULL,
    since_at timestamptz NOT NULL,
    CONSTRAINT measure_level_key PRIMARY KEY (controller_id, measure)
);

CREATE TABLE bailee.measure_line (
    controller_id uuid NOT NULL,
    line integer NOT NULL,
    measure text NOT NULL,
    digest text NOT NULL,
    taken_at timestamptz NOT NULL,
    CONSTRAINT measure_line_key PRIMARY KEY (controller_id, line)
);

SELECT bailee.controller_table('measure');
SELECT bailee.controller_table('measure_kept');
SELECT bailee.controller_table('measure_incident');
SELECT bailee.controller_table('measure_said');
SELECT bailee.controller_table('measure_level');
SELECT bailee.controller_table('measure_line');

ALTER TABLE bailee.measure ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.measure_kept ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.measure_incident ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.measure_said ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.measure_level ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.measure_line ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.measure TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.measure_kept TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.measure_incident TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.measure_said TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.measure_level TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.measure_line TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.measure TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.measure_kept TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.measure_incident TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.measure_said TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.measure_level TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.measure_line TO bailee_app;

ALTER TABLE bailee.measure ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.measure_kept ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.measure_incident ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.measure_said ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.measure_level ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.measure_line ALTER COLUMN controller_id SET STATISTICS 0;

-- At which of these controllers entries of the ledger, or a checkpoint, have waited since before an instant.
CREATE FUNCTION bailee.measured_ledger(controllers uuid[], before timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.ledger_batch x
                WHERE x.controller_id = controllers[i] AND x.first_index IS NULL AND x.appended_at < before
            ) OR EXISTS (
                SELECT 1 FROM bailee.ledger_head x
                WHERE x.controller_id = controllers[i] AND x.size > 0 AND x.checkpoint <> x.published
                    AND x.integrated_at < before
            );
    END LOOP;
END
$$;

-- How many of the processor's staff hold a credential at these controllers at an instant, and how many of them have no
-- undertaking, or no training, in force there.
CREATE FUNCTION bailee.measured_staff(controllers uuid[], at timestamptz)
RETURNS TABLE (staff bigint, unbound bigint, untrained bigint) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT count(DISTINCT c.actor),
                count(DISTINCT c.actor) FILTER (WHERE NOT EXISTS (
                    SELECT 1 FROM bailee.standing s
                    WHERE s.controller_id = controllers[i] AND s.actor = c.actor AND s.fact = 'confidential_until'
                        AND s.until > at
                )),
                count(DISTINCT c.actor) FILTER (WHERE NOT EXISTS (
                    SELECT 1 FROM bailee.standing s
                    WHERE s.controller_id = controllers[i] AND s.actor = c.actor AND s.fact = 'trained_until'
                        AND s.until > at
                ))
            FROM bailee.credential c
            WHERE c.controller_id = controllers[i] AND c.actor_kind = 'processor_staff' AND c.revoked_at IS NULL
                AND c.expires_at > at;
    END LOOP;
END
$$;

-- A few records of each of these controllers as they are stored: of its first people, and of those from an id on.
CREATE FUNCTION bailee.measured_records(controllers uuid[], from_person uuid, most integer)
RETURNS TABLE (controller uuid, person uuid, key_id uuid, sealed bytea) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i], p.person_id, p.key_id, r.sealed
            FROM (
                (SELECT x.person_id, x.key_id FROM bailee.person x
                 WHERE x.controller_id = controllers[i] AND x.state = 'living' ORDER BY x.person_id LIMIT most)
                UNION
                (SELECT x.person_id, x.key_id FROM bailee.person x
                 WHERE x.controller_id = controllers[i] AND x.state = 'living' AND x.person_id >= from_person
                 ORDER BY x.person_id LIMIT most)
            ) p
            CROSS JOIN LATERAL (
                SELECT y.sealed FROM bailee.record y
                WHERE y.controller_id = controllers[i] AND y.person_id = p.person_id ORDER BY y.record_id LIMIT 2
            ) r;
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.measured_ledger(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.measured_staff(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.measured_records(uuid[], uuid, integer) TO bailee_app;
