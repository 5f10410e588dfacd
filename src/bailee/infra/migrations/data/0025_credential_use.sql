-- When a credential was last used (to the minute), and which one took its place.

ALTER TABLE bailee.credential ADD COLUMN used_at timestamptz;
ALTER TABLE bailee.credential ADD COLUMN replaced_by uuid;
