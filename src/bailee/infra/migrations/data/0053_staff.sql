-- The processor's staff: who they are, what binds them, what they were taught (the platform's own, sealed), and at which
-- controllers the gate is still to be told of it (staff.confidentiality, staff.training).

-- `label` is the actor of credentials, never a name: one who was let go leaves it to the next.
CREATE TABLE bailee.staff_member (
    controller_id uuid NOT NULL,
    member_id uuid NOT NULL,
    label text NOT NULL,
    account_id uuid,
    released boolean NOT NULL,
    version integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT staff_member_key PRIMARY KEY (controller_id, member_id)
);
CREATE UNIQUE INDEX staff_label ON bailee.staff_member (controller_id, label) WHERE NOT released;
CREATE UNIQUE INDEX staff_account ON bailee.staff_member (controller_id, account_id) WHERE NOT released;

-- Undertakings and trainings. What has ended stays: it proves what was in force when.
CREATE TABLE bailee.staff_record (
    controller_id uuid NOT NULL,
    record_id uuid NOT NULL,
    member_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('undertaking', 'training')),
    version integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT staff_record_key PRIMARY KEY (controller_id, record_id)
);

-- The papers behind them, byte for byte. One that was taken in and never became the ground of a record goes after a day.
CREATE TABLE bailee.staff_paper (
    controller_id uuid NOT NULL,
    paper_id uuid NOT NULL,
    record_id uuid,
    kept_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT staff_paper_key PRIMARY KEY (controller_id, paper_id)
);

-- Whether the register has changed since the gate of a controller was told.
CREATE TABLE bailee.staff_due (
    controller_id uuid NOT NULL,
    due boolean NOT NULL,
    CONSTRAINT staff_due_key PRIMARY KEY (controller_id)
);

ALTER TABLE bailee.staff_member ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.staff_record ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.staff_paper ALTER COLUMN controller_id SET STATISTICS 0;
ALTER TABLE bailee.staff_due ALTER COLUMN controller_id SET STATISTICS 0;

SELECT bailee.controller_table('staff_member');
SELECT bailee.controller_table('staff_record');
SELECT bailee.controller_table('staff_paper');
SELECT bailee.controller_table('staff_due');

ALTER TABLE bailee.staff_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.staff_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.staff_paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.staff_due ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.staff_member TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.staff_record TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.staff_paper TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.staff_due TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.staff_member TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.staff_record TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.staff_paper TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.staff_due TO bailee_app;

-- Have each of these gates told anew, in their order; then back in the context of the register, whose change this is.
CREATE FUNCTION bailee.stir_staff(controllers uuid[], own uuid)
RETURNS void LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        IF EXISTS (SELECT 1 FROM bailee.gate g WHERE g.controller_id = controllers[i] AND g.state = 'open') THEN
            INSERT INTO bailee.staff_due AS x (controller_id, due) VALUES (controllers[i], true)
            ON CONFLICT ON CONSTRAINT staff_due_key DO UPDATE SET due = true;
        END IF;
    END LOOP;
    PERFORM bailee.enter(own);
END
$$;

-- Where the gate is still to be told.
CREATE FUNCTION bailee.due_staff(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.staff_due x WHERE x.controller_id = controllers[i] AND x.due
            );
    END LOOP;
END
$$;

-- The credentials of the processor's staff that hold, and until when the gate knows their bearers bound and trained.
CREATE FUNCTION bailee.staff_access(controllers uuid[], at timestamptz)
RETURNS TABLE (
    controller uuid, credential uuid, actor text, purposes text[], created_at timestamptz, expires_at timestamptz,
    used_at timestamptz, bound_until timestamptz, trained_until timestamptz, behind boolean
) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i], x.credential_id, x.actor, x.purposes, x.created_at, x.expires_at, x.used_at,
                b.until, t.until, coalesce(d.due, false)
            FROM bailee.credential x
            LEFT JOIN bailee.standing b
                ON b.controller_id = x.controller_id AND b.actor = x.actor AND b.fact = 'confidential_until'
            LEFT JOIN bailee.standing t
                ON t.controller_id = x.controller_id AND t.actor = x.actor AND t.fact = 'trained_until'
            LEFT JOIN bailee.staff_due d ON d.controller_id = x.controller_id
            WHERE x.controller_id = controllers[i] AND x.actor_kind = 'processor_staff'
                AND x.revoked_at IS NULL AND x.expires_at > at
            ORDER BY x.credential_id;
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.stir_staff(uuid[], uuid) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_staff(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.staff_access(uuid[], timestamptz) TO bailee_app;
