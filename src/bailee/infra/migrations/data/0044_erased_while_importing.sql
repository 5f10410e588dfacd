-- Whom an erasure took away while an upload was kept, and the tags that they had in the blind index: so that no line of
-- theirs brings them back, and every other line stays. Both go when the import is done, and with it after a day.
ALTER TABLE bailee.import_job ADD COLUMN erased_persons uuid[] NOT NULL DEFAULT '{}';
ALTER TABLE bailee.import_job ADD COLUMN erased_tags bytea[] NOT NULL DEFAULT '{}';
