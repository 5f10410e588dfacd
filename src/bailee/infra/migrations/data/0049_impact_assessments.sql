-- The controller's impact assessments with which it asked for help: what was asked, answered, concluded and done (dpia.*).

CREATE TABLE bailee.impact_assessment (
    controller_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'answered', 'concluded')),
    asked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT impact_assessment_key PRIMARY KEY (controller_id, assessment_id)
);

ALTER TABLE bailee.impact_assessment ALTER COLUMN controller_id SET STATISTICS 0;

SELECT bailee.controller_table('impact_assessment');

ALTER TABLE bailee.impact_assessment ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.impact_assessment TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.impact_assessment TO bailee_app;
