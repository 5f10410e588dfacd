-- Ticks carry the machine's steady clock beside the wall clock: a jump that the steady clock does not explain is
-- doubted until a named person confirms the time.
ALTER TABLE bailee.tick ADD COLUMN boot text NOT NULL DEFAULT '';

ALTER TABLE bailee.tick ADD COLUMN steady double precision NOT NULL DEFAULT 0;

ALTER TABLE bailee.tick ADD COLUMN doubted_since timestamptz;
