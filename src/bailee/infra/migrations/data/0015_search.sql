-- Name tokens, filters, and types that change (services.storage, data.technical, data.custom).

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
    CONSTRAINT renewal_key PRIMARY KEY (controller_id, type)
);

SELECT bailee.controller_table('renewal');

ALTER TABLE bailee.renewal ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.renewal TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.renewal TO bailee_app;
