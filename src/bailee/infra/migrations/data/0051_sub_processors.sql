-- Sub-processors: the processor's list and what is proposed of it (both the platform's own, sealed), what became of each
-- proposal at each controller, and which of them may receive a controller's data (subprocessors.*).

-- The gate's own store: written by the clause, read by the gate. Companies, categories and countries, nobody's name.
CREATE TABLE bailee.engagement (
    controller_id uuid NOT NULL,
    -- the proposal that the controller was told of or consented to
    engagement_id uuid NOT NULL,
    label text NOT NULL,
    categories text[] NOT NULL,
    places text[] NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT engagement_key PRIMARY KEY (controller_id, engagement_id)
);

-- A proposal on its way, and once approved the entry of the list that it makes, changes or ends.
CREATE TABLE bailee.sub_processor_proposal (
    controller_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('drafted', 'approved', 'dropped')),
    changed_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT sub_processor_proposal_key PRIMARY KEY (controller_id, proposal_id)
);

-- What became of a proposal at a controller. `proof` is the digest of what the controller signed, or the letter answered.
CREATE TABLE bailee.sub_processor_decision (
    controller_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    path text NOT NULL CHECK (path IN ('unknown', 'agreement', 'inside', 'no-data', 'outside', 'end')),
    state text NOT NULL
        CHECK (state IN ('due', 'telling', 'open', 'standing', 'consented', 'objected', 'silent', 'withdrawn', 'over')),
    notice_id uuid,
    -- the obligation that waits for its time to object: the controller's to answer, or ours to wait
    waiting uuid,
    told_at timestamptz,
    strict_at timestamptz,
    generous_at timestamptz,
    decided_at timestamptz,
    decided_by text,
    proof text,
    changed_at timestamptz NOT NULL,
    CONSTRAINT sub_processor_decision_key PRIMARY KEY (controller_id, proposal_id)
);
CREATE INDEX sub_processor_waiting ON bailee.sub_processor_decision (controller_id, state)
    WHERE state IN ('due', 'telling', 'open');

ALTER TABLE bailee.engagement ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.sub_processor_proposal ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.sub_processor_decision ALTER COLUMN controller_id SET STATISTICS 0;

SELECT bailee.controller_table('engagement');
SELECT bailee.controller_table('sub_processor_proposal');
SELECT bailee.controller_table('sub_processor_decision');

ALTER TABLE bailee.engagement ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.sub_processor_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.sub_processor_decision ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.engagement TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.sub_processor_proposal TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.sub_processor_decision TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.engagement TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.sub_processor_proposal TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.sub_processor_decision TO bailee_app;

-- Controllers that a proposal is to be looked at for, whose letter about one has arrived or come back, or whose time to
-- object is over.
CREATE FUNCTION bailee.due_sub_processors(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.sub_processor_decision x
                CROSS JOIN LATERAL (
                    SELECT coalesce(bool_and(d.state = 'sent'), false) AS there FROM bailee.notice_delivery d
                    WHERE d.controller_id = controllers[i] AND d.notice_id = x.notice_id AND d.role = 'to'
                        AND d.state <> 'dropped'
                ) letter
                WHERE x.controller_id = controllers[i] AND x.state IN ('due', 'telling', 'open') AND (
                    x.state = 'due'
                    OR (x.state = 'telling' AND letter.there)
                    OR (x.state = 'open' AND (NOT letter.there OR x.generous_at < at))
                )
            );
    END LOOP;
END
$$;

-- Have a proposal looked at for each of these controllers that it was not looked at for; which of them.
CREATE FUNCTION bailee.look_at_sub_processor(controllers uuid[], proposal uuid, at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            INSERT INTO bailee.sub_processor_decision AS x (controller_id, proposal_id, path, state, changed_at)
            VALUES (controllers[i], proposal, 'unknown', 'due', at)
            ON CONFLICT ON CONSTRAINT sub_processor_decision_key DO NOTHING RETURNING x.controller_id;
    END LOOP;
END
$$;

-- What became of one proposal at each of these controllers.
CREATE FUNCTION bailee.sub_processor_answers(controllers uuid[], proposal uuid)
RETURNS TABLE (controller uuid, path text, state text, told_at timestamptz, generous_at timestamptz, decided_at timestamptz)
LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i], x.path, x.state, x.told_at, x.generous_at, x.decided_at
            FROM bailee.sub_processor_decision x
            WHERE x.controller_id = controllers[i] AND x.proposal_id = proposal;
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.due_sub_processors(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.look_at_sub_processor(uuid[], uuid, timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.sub_processor_answers(uuid[], uuid) TO bailee_app;
