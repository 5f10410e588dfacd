-- Audits: the file of each, sealed, its state and until when an auditor's account opens anything (audits.*).

CREATE TABLE bailee.audit (
    controller_id uuid NOT NULL,
    audit_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN (
        'asked', 'flagged', 'accepted', 'refused', 'announced', 'under-way', 'reported', 'closed', 'withdrawn'
    )),
    changed_at timestamptz NOT NULL,
    -- the last instant of the auditors' accounts; null where there is none, or all have ended
    access_until timestamptz,
    sealed bytea NOT NULL,
    CONSTRAINT audit_key PRIMARY KEY (controller_id, audit_id)
);
CREATE INDEX audit_access ON bailee.audit (controller_id, access_until) WHERE access_until IS NOT NULL;

-- An evidence pack as it was handed over: the same bytes for everyone who takes it along.
CREATE TABLE bailee.audit_pack (
    controller_id uuid NOT NULL,
    audit_id uuid NOT NULL,
    digest text NOT NULL,
    made_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT audit_pack_key PRIMARY KEY (controller_id, audit_id, digest)
);

SELECT bailee.controller_table('audit');
SELECT bailee.controller_table('audit_pack');

ALTER TABLE bailee.audit ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.audit_pack ALTER COLUMN controller_id SET STATISTICS 0;

ALTER TABLE bailee.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.audit_pack ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.audit TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.audit_pack TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.audit TO bailee_app;
GRANT SELECT, INSERT, DELETE ON bailee.audit_pack TO bailee_app;

-- Auditors' accounts whose last instant has passed.
CREATE FUNCTION bailee.due_audit_access(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.audit x
                WHERE x.controller_id = controllers[i] AND x.access_until < at
            );
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.due_audit_access(uuid[], timestamptz) TO bailee_app;
