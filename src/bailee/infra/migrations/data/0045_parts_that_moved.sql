-- Which part of which relation a record was when a merge moved it: a part whose record is deleted forgets whose it was,
-- and an undoing that brings the record back brings its part back.
ALTER TABLE bailee.merge_record ADD COLUMN relation_id uuid;
ALTER TABLE bailee.merge_record ADD COLUMN relation_part smallint;
