-- Who issued a credential: whoever did cannot be the second person for what it asks. Credentials from before name nobody.

ALTER TABLE bailee.credential ADD COLUMN issued_by text NOT NULL DEFAULT '';
