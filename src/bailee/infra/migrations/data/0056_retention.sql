-- Retention: a controller's rules, what they would take and will take, and what went. Nothing here names a person: a
-- rule is sealed as all words of a controller are, and what was counted are numbers.

CREATE TABLE bailee.retention_rule (
    controller_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'confirmed', 'ended')),
    made_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    -- when it takes something for the first time: after its grace
    effective_at timestamptz,
    ended_at timestamptz,
    -- what is owed while the agreement does not let it be carried out
    obligation_id uuid,
    sealed bytea NOT NULL,
    CONSTRAINT retention_rule_key PRIMARY KEY (controller_id, rule_id, version),
    CONSTRAINT retention_rule_begins CHECK (state <> 'confirmed' OR effective_at IS NOT NULL)
);

-- A look at everyone: of a rule that is a draft (what it would take), or of all that are in force (then it takes it).
CREATE TABLE bailee.retention_look (
    controller_id uuid NOT NULL,
    look_id uuid NOT NULL,
    rule_id uuid,
    version integer,
    stage text NOT NULL CHECK (stage IN ('people', 'records', 'done')),
    after_person uuid NOT NULL,
    after_record uuid NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    seen bigint NOT NULL DEFAULT 0,
    CONSTRAINT retention_look_key PRIMARY KEY (controller_id, look_id)
);

CREATE INDEX retention_look_open ON bailee.retention_look (controller_id) WHERE stage <> 'done';

CREATE TABLE bailee.retention_count (
    controller_id uuid NOT NULL,
    look_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    type text NOT NULL,
    person_groups text NOT NULL,
    month text NOT NULL,
    standing text NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT retention_count_key
        PRIMARY KEY (controller_id, look_id, rule_id, type, person_groups, month, standing)
);

CREATE TABLE bailee.retention_gone (
    controller_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    type text NOT NULL,
    day date NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT retention_gone_key PRIMARY KEY (controller_id, rule_id, type, day)
);

-- When everyone is looked at again.
CREATE TABLE bailee.retention_clock (
    controller_id uuid NOT NULL,
    run_at timestamptz NOT NULL,
    CONSTRAINT retention_clock_key PRIMARY KEY (controller_id)
);

SELECT bailee.controller_table('retention_rule');
SELECT bailee.controller_table('retention_look');
SELECT bailee.controller_table('retention_count');
SELECT bailee.controller_table('retention_gone');
SELECT bailee.controller_table('retention_clock');

ALTER TABLE bailee.retention_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.retention_look ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.retention_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.retention_gone ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.retention_clock ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.retention_rule TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.retention_look TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.retention_count TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.retention_gone TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.retention_clock TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.retention_rule TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.retention_look TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.retention_count TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.retention_gone TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.retention_clock TO bailee_app;

ALTER TABLE bailee.retention_rule ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.retention_look ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.retention_count ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.retention_gone ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.retention_clock ALTER COLUMN controller_id SET STATISTICS 0;

-- Rules whose taking is being counted, to be shown before anyone confirms them.
CREATE FUNCTION bailee.due_retention_previews(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.retention_look x
                WHERE x.controller_id = controllers[i] AND x.stage <> 'done' AND x.rule_id IS NOT NULL
            );
    END LOOP;
END
$$;

-- Controllers at which everyone is looked at.
CREATE FUNCTION bailee.due_retention(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.retention_clock x
                WHERE x.controller_id = controllers[i] AND x.run_at <= at
            );
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.due_retention_previews(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_retention(uuid[], timestamptz) TO bailee_app;
