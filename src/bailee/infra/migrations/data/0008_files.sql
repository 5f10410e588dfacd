-- Photographs and files of a person. The content lies in the blob store, sealed in chunks; here are random ids,
-- sizes and states. Name, media type, category and digest of the content are sealed under the person's key.

CREATE TABLE bailee.file (
    controller_id uuid NOT NULL,
    person_id uuid NOT NULL,
    file_id uuid NOT NULL,
    type text NOT NULL CHECK (type IN ('photo', 'files')),
    class_id integer NOT NULL,
    blob uuid NOT NULL,
    -- writing: the blob may be there in part; held: it is whole; gone: it must go, and then this row
    state text NOT NULL CHECK (state IN ('writing', 'held', 'gone')),
    -- bytes of the content, and SHA-256 of its ciphertext
    size bigint NOT NULL DEFAULT 0,
    digest bytea,
    created_at timestamptz NOT NULL,
    sealed bytea,
    CONSTRAINT file_key PRIMARY KEY (controller_id, person_id, file_id)
);

CREATE INDEX file_unfinished ON bailee.file (controller_id, state) WHERE state <> 'held';

CREATE INDEX file_blob ON bailee.file (controller_id, blob);

SELECT bailee.controller_table('file');

ALTER TABLE bailee.file ADD CONSTRAINT file_of_person
    FOREIGN KEY (controller_id, person_id) REFERENCES bailee.person (controller_id, person_id);

ALTER TABLE bailee.file ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.file TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.file TO bailee_app;
