-- Name tokens, filters, and types that change (services.storage, data.custom).

-- Whether names are found by their words: building until every record held has been gone through. Changed with the
-- gate's version, so that every worker knows.
ALTER TABLE bailee.gate
    ADD COLUMN name_tokens text NOT NULL DEFAULT 'off' CHECK (name_tokens IN ('off', 'building', 'on'));

-- How data of the version before become data of this one: a list of steps, none for the first version.
ALTER TABLE bailee.record_type ADD COLUMN steps jsonb;

-- What is gone through in the background, and how far: the records of a type, or (type '') the tokens to be deleted.
-- A second round looks again at what was being written while the first began.
CREATE TABLE bailee.renewal (
    controller_id uuid NOT NULL,
    type text NOT NULL,
    since timestamptz NOT NULL,
    round smallint NOT NULL CHECK (round IN (1, 2)),
    after_person uuid NOT NULL,
    after_record uuid NOT NULL,
    looked integer NOT NULL,
    rewritten integer NOT NULL,
    retagged integer NOT NULL,
    kept integer NOT NULL,
    CONSTRAINT renewal_key PRIMARY KEY (controller_id, type)
);

SELECT bailee.controller_table('renewal');

ALTER TABLE bailee.renewal ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.renewal TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.renewal TO bailee_app;

-- What lists and searches are narrowed by. Class and group rarely change and have trees of their own; the times of a
-- record's changes do with every write, and are in summaries by range of pages, which let a rewrite stay on its page.
CREATE INDEX record_class ON bailee.record (controller_id, class_id, person_id, record_id);
CREATE INDEX record_created ON bailee.record USING brin (controller_id, created_at) WITH (pages_per_range = 16);
CREATE INDEX record_changed ON bailee.record USING brin (controller_id, updated_at) WITH (pages_per_range = 16);
CREATE INDEX person_administrator ON bailee.person (controller_id, person_id) WHERE 'administrator' = ANY (groups);
CREATE INDEX person_employee ON bailee.person (controller_id, person_id) WHERE 'employee' = ANY (groups);
CREATE INDEX person_partner ON bailee.person (controller_id, person_id) WHERE 'partner' = ANY (groups);
CREATE INDEX person_restricted ON bailee.person (controller_id, person_id) WHERE restricted;
CREATE INDEX person_objecting ON bailee.person (controller_id, person_id) WHERE objections <> '{}';
CREATE INDEX person_held ON bailee.person (controller_id, person_id) WHERE held;
CREATE INDEX person_created ON bailee.person USING brin (controller_id, created_at) WITH (pages_per_range = 16);
CREATE INDEX person_changed ON bailee.person USING brin (controller_id, updated_at) WITH (pages_per_range = 16);
