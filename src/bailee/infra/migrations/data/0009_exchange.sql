-- Imports under way. The lines of an uploaded file are sealed under a key of the job's own, destroyed with it; in
-- clear stand states, counts, times, line numbers, codes of reasons, random ids and keyed tags.

CREATE TABLE bailee.import_job (
    controller_id uuid NOT NULL,
    job_id uuid NOT NULL,
    state text NOT NULL
        CHECK (state IN ('uploaded', 'mapped', 'checking', 'checked', 'running', 'done', 'stopped', 'failed')),
    -- which of the two was stopped, or why it failed
    stopped_from text,
    failure text,
    actor text NOT NULL,
    actor_kind text NOT NULL,
    credential_id uuid NOT NULL,
    purpose text NOT NULL,
    allowed_until timestamptz NOT NULL,
    policy text CHECK (policy IN ('create-only', 'update', 'skip')),
    format text NOT NULL,
    digest bytea NOT NULL,
    bytes bigint NOT NULL,
    lines integer NOT NULL,
    parts integer NOT NULL,
    next_part integer NOT NULL,
    created integer NOT NULL,
    updated integer NOT NULL,
    skipped integer NOT NULL,
    rejected integer NOT NULL,
    lease uuid,
    leased_until timestamptz,
    uploaded_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- headings, their mapping to fields, and what else was chosen
    sealed bytea NOT NULL,
    CONSTRAINT import_job_key PRIMARY KEY (controller_id, job_id)
);

CREATE TABLE bailee.import_part (
    controller_id uuid NOT NULL,
    job_id uuid NOT NULL,
    part integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT import_part_key PRIMARY KEY (controller_id, job_id, part)
);

CREATE TABLE bailee.import_line (
    controller_id uuid NOT NULL,
    job_id uuid NOT NULL,
    line integer NOT NULL,
    part integer NOT NULL,
    outcome text NOT NULL,
    reasons text[] NOT NULL,
    person_id uuid,
    CONSTRAINT import_line_key PRIMARY KEY (controller_id, job_id, line)
);

-- Who appears in a file, by keyed tag: so that nobody appears twice.
CREATE TABLE bailee.import_tag (
    controller_id uuid NOT NULL,
    job_id uuid NOT NULL,
    tag bytea NOT NULL,
    line integer NOT NULL,
    CONSTRAINT import_tag_key PRIMARY KEY (controller_id, job_id, tag)
);

SELECT bailee.controller_table('import_job');
SELECT bailee.controller_table('import_part');
SELECT bailee.controller_table('import_line');
SELECT bailee.controller_table('import_tag');

ALTER TABLE bailee.import_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.import_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.import_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.import_tag ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.import_job TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.import_part TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.import_line TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.import_tag TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.import_job TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.import_part TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.import_line TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.import_tag TO bailee_app;
