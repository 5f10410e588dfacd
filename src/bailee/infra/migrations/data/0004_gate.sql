-- The gate's own store: what is in force, who may ask, and what stands about them.

CREATE TABLE bailee.gate (
    controller_id uuid NOT NULL,
    -- bumped by every change that may alter a ruling; returned with every read
    gate_version bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'destroying', 'destroyed')),
    CONSTRAINT gate_key PRIMARY KEY (controller_id)
);

-- Signed documents, sealed: agreement, amendments, instructions, withdrawals, the end.
CREATE TABLE bailee.document (
    controller_id uuid NOT NULL,
    document_id uuid NOT NULL,
    kind text NOT NULL,
    digest bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT document_key PRIMARY KEY (controller_id, document_id),
    CONSTRAINT document_once UNIQUE (controller_id, digest)
);

CREATE TABLE bailee.credential (
    controller_id uuid NOT NULL,
    credential_id uuid NOT NULL,
    actor text NOT NULL,
    actor_kind text NOT NULL,
    purposes text[] NOT NULL,
    secret_digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT credential_key PRIMARY KEY (controller_id, credential_id)
);

-- Facts about an actor that a clause wrote and the ruling reads (undertaking, training...).
CREATE TABLE bailee.standing (
    controller_id uuid NOT NULL,
    actor text NOT NULL,
    fact text NOT NULL,
    until timestamptz NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT standing_key PRIMARY KEY (controller_id, actor, fact)
);

-- The end of a contract, step by step.
CREATE TABLE bailee.contract_end (
    controller_id uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    last_day timestamptz NOT NULL,
    returned_at timestamptz,
    manifest_digest bytea,
    acknowledged_at timestamptz,
    waived_at timestamptz,
    destroying_at timestamptz,
    destroyed_at timestamptz,
    certificate_id uuid,
    -- the names of the entries of the platform's log that prove each step
    entries jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT contract_end_key PRIMARY KEY (controller_id)
);

SELECT bailee.controller_table('gate');
SELECT bailee.controller_table('document');
SELECT bailee.controller_table('credential');
SELECT bailee.controller_table('standing');
SELECT bailee.controller_table('contract_end');

ALTER TABLE bailee.gate ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.document ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.standing ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.contract_end ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.gate TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.document TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.credential TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.standing TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.contract_end TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE ON bailee.gate TO bailee_app;
GRANT SELECT, INSERT ON bailee.document TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.credential TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.standing TO bailee_app;
GRANT SELECT, INSERT, UPDATE ON bailee.contract_end TO bailee_app;

-- One call reads addressed records of several controllers. Controller i owns the addresses
-- starts[i] .. starts[i + 1] - 1 (1-based). A controller answers at least one row, for its gate_version.
CREATE FUNCTION bailee.read(controllers uuid[], starts integer[], persons uuid[], records uuid[])
RETURNS TABLE (
    controller_id uuid, gate_version bigint, gate_state text,
    person_id uuid, state text, groups text[], restricted boolean, objections text[], key_id uuid,
    record_id uuid, type text, class_id integer, version integer,
    created_at timestamptz, updated_at timestamptz, expires_at timestamptz, sealed bytea
) LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT g.controller_id, g.gate_version, g.state,
                   p.person_id, p.state, p.groups, p.restricted, p.objections, p.key_id,
                   r.record_id, r.type, r.class_id, r.version,
                   r.created_at, r.updated_at, r.expires_at, r.sealed
            FROM bailee.gate g
            LEFT JOIN (
                bailee.record r JOIN bailee.person p
                ON p.controller_id = r.controller_id AND p.person_id = r.person_id
            ) ON r.controller_id = g.controller_id
                AND r.person_id = ANY (persons[starts[i] : starts[i + 1] - 1])
                AND r.record_id = ANY (records[starts[i] : starts[i + 1] - 1])
            WHERE g.controller_id = controllers[i];
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.read(uuid[], integer[], uuid[], uuid[]) TO bailee_app;
