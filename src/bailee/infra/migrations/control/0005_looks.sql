-- How far the scrub has come at each controller: after whom it goes on, when this look through everyone began, and when
-- the last whole one had begun. Whatever was put back before then has been found.
CREATE TABLE bailee.look (
    controller_id uuid NOT NULL,
    after_person uuid NOT NULL,
    began_at timestamptz NOT NULL,
    whole_at timestamptz,
    CONSTRAINT look_key PRIMARY KEY (controller_id)
);

SELECT bailee.local_table('look');

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.look TO bailee_app;
