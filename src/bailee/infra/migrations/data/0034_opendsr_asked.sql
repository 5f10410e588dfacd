-- About whom a subject request was: a keyed digest of its identities, so that its id serves nobody else.
ALTER TABLE bailee.opendsr_request ADD COLUMN about bytea NOT NULL DEFAULT '';
