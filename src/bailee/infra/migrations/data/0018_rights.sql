-- Rights of persons (rights.tools, rights.recipients): requests, their clocks, what answers them.

-- What may be done all the same while someone is restricted (Art. 18(2)): `purpose/operation`, each granted on a
-- ground that the ledger keeps. The word that readers parse says it.
ALTER TABLE bailee.person ADD COLUMN exceptions text[] NOT NULL DEFAULT '{}';
ALTER TABLE bailee.person DROP COLUMN facts;
DROP FUNCTION bailee.facts(text, boolean, text[], text[]);

CREATE FUNCTION bailee.facts(state text, restricted boolean, exceptions text[], groups text[], objections text[])
RETURNS text LANGUAGE plpgsql IMMUTABLE SECURITY INVOKER AS $$
BEGIN
    RETURN state || '|'
        || CASE WHEN restricted THEN 'restricted' || CASE WHEN exceptions = '{}' THEN '' ELSE ':' END
            || array_to_string(exceptions, ',') ELSE '' END
        || '|' || array_to_string(groups, ',') || '|' || array_to_string(objections, ',');
END
$$;

GRANT EXECUTE ON FUNCTION bailee.facts(text, boolean, text[], text[], text[]) TO bailee_app;

ALTER TABLE bailee.person ADD COLUMN facts text NOT NULL
    GENERATED ALWAYS AS (bailee.facts(state, restricted, exceptions, groups, objections)) STORED;

-- One row for each request. What the person wrote, who they are, what was decided and why is sealed under a key of
-- the request's own, shredded at its term; in clear stand states, instants, codes and random ids.
CREATE TABLE bailee.rights_request (
    controller_id uuid NOT NULL,
    request_id uuid NOT NULL,
    right_of text NOT NULL CHECK (right_of IN ('access', 'rectification', 'erasure', 'restriction', 'recipients',
        'portability', 'objection', 'automated-decision')),
    -- null: nobody who is held, or no longer
    person_id uuid,
    channel text NOT NULL,
    identity text NOT NULL CHECK (identity IN ('none', 'declared', 'signed-in', 'document')),
    state text NOT NULL CHECK (state IN ('received', 'identity', 'working', 'extended', 'answered', 'refused',
        'withdrawn')),
    -- how far the work on it is: none, queued, running, stopped (a human must act), done
    step text NOT NULL CHECK (step IN ('none', 'queued', 'running', 'stopped', 'done')),
    reason text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('', 'granted', 'partly', 'refused')),
    done integer NOT NULL,
    total integer NOT NULL,
    received_at timestamptz NOT NULL,
    strict_at timestamptz NOT NULL,
    generous_at timestamptz NOT NULL,
    rule text NOT NULL,
    extended_at timestamptz,
    ended_at timestamptz,
    keep_until timestamptz,
    opened_by text NOT NULL,
    -- in whose name the work is done
    actor text NOT NULL,
    actor_kind text NOT NULL,
    credential_id uuid,
    allowed_until timestamptz,
    lease uuid,
    leased_until timestamptz,
    -- the ledger's entries about it, in their order
    entries text[] NOT NULL,
    version integer NOT NULL,
    sealed_under text,
    sealed bytea,
    CONSTRAINT rights_request_key PRIMARY KEY (controller_id, request_id)
);

CREATE INDEX rights_request_waiting ON bailee.rights_request (controller_id, received_at)
    WHERE step IN ('queued', 'running');
CREATE INDEX rights_request_person ON bailee.rights_request (controller_id, person_id);

-- What answers a request, in pieces: the members of its pack, each sealed under the request's key.
CREATE TABLE bailee.rights_part (
    controller_id uuid NOT NULL,
    request_id uuid NOT NULL,
    part integer NOT NULL,
    person_id uuid NOT NULL,
    name text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT rights_part_key PRIMARY KEY (controller_id, request_id, part)
);

CREATE INDEX rights_part_person ON bailee.rights_part (controller_id, person_id);

-- Whom the data went to, and whether they were told (Art. 19). Recipients are companies, by the names of the agreement.
CREATE TABLE bailee.rights_recipient (
    controller_id uuid NOT NULL,
    request_id uuid NOT NULL,
    recipient text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'told', 'excused')),
    reason text NOT NULL,
    notice_id uuid,
    ended_at timestamptz,
    CONSTRAINT rights_recipient_key PRIMARY KEY (controller_id, request_id, recipient)
);

-- Exceptions from a restriction that are in force, and until when.
CREATE TABLE bailee.rights_exception (
    controller_id uuid NOT NULL,
    exception_id uuid NOT NULL,
    person_id uuid NOT NULL,
    allows text NOT NULL,
    ground text NOT NULL CHECK (ground IN ('consent', 'legal-claims', 'rights-of-others', 'public-interest')),
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT rights_exception_key PRIMARY KEY (controller_id, exception_id)
);

CREATE INDEX rights_exception_end ON bailee.rights_exception (controller_id, ends_at);
CREATE INDEX rights_exception_person ON bailee.rights_exception (controller_id, person_id);

-- What a controller has chosen about rights: self-service, grounds, recipients' addresses. Sealed.
CREATE TABLE bailee.rights_choice (
    controller_id uuid NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT rights_choice_key PRIMARY KEY (controller_id)
);

SELECT bailee.controller_table('rights_request');
SELECT bailee.controller_table('rights_part');
SELECT bailee.controller_table('rights_recipient');
SELECT bailee.controller_table('rights_exception');
SELECT bailee.controller_table('rights_choice');

ALTER TABLE bailee.rights_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.rights_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.rights_recipient ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.rights_exception ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.rights_choice ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.rights_request TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.rights_part TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.rights_recipient TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.rights_exception TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.rights_choice TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.rights_request TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.rights_part TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.rights_recipient TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.rights_exception TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.rights_choice TO bailee_app;
