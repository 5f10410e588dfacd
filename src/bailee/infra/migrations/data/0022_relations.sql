-- Records about several people (data.custom). Each person's part is a record of their own, sealed under their own key;
-- what joins the parts is a random id. When a part goes, its row forgets whose it was and keeps that it was there.

CREATE TABLE bailee.relation_part (
    controller_id uuid NOT NULL,
    relation_id uuid NOT NULL,
    part smallint NOT NULL,
    person_id uuid,
    type text NOT NULL,
    record_id uuid,
    gone_at timestamptz,
    CONSTRAINT relation_part_key PRIMARY KEY (controller_id, relation_id, part),
    CONSTRAINT relation_part_gone CHECK ((gone_at IS NULL) = (person_id IS NOT NULL AND record_id IS NOT NULL))
);

CREATE INDEX relation_part_person ON bailee.relation_part (controller_id, person_id, record_id);

SELECT bailee.controller_table('relation_part');

ALTER TABLE bailee.relation_part ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.relation_part TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.relation_part TO bailee_app;
