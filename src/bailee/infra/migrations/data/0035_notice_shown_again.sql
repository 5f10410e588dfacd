-- A notice that goes back to an older text is a version of its own: whoever is shown it then is shown it anew.
ALTER TABLE bailee.privacy_shown ADD COLUMN number integer NOT NULL DEFAULT 0;
UPDATE bailee.privacy_shown SET number = coalesce((
    SELECT max(version.number) FROM bailee.privacy_version AS version
    WHERE version.controller_id = privacy_shown.controller_id AND version.digest = privacy_shown.digest
        AND version.made_at <= privacy_shown.shown_at), 1);
ALTER TABLE bailee.privacy_shown ALTER COLUMN number DROP DEFAULT;
ALTER TABLE bailee.privacy_shown DROP CONSTRAINT privacy_shown_key;
ALTER TABLE bailee.privacy_shown ADD CONSTRAINT privacy_shown_key PRIMARY KEY (controller_id, person_id, digest, number);
