-- What keeps the worker from a duty at one controller: which kind of mistake, how often in turn, since when, and when it
-- is tried again. A row goes once the duty is done. No word of the mistake: it could hold what a person wrote.
CREATE TABLE bailee.setback (
    controller_id uuid NOT NULL,
    duty text NOT NULL,
    kind text NOT NULL,
    times integer NOT NULL,
    since_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    again_at timestamptz NOT NULL,
    CONSTRAINT setback_key PRIMARY KEY (controller_id, duty)
);

-- How often each duty has failed at a controller, ever.
CREATE TABLE bailee.setback_count (
    duty text NOT NULL,
    times bigint NOT NULL,
    CONSTRAINT setback_count_key PRIMARY KEY (duty)
);

SELECT bailee.local_table('setback');
SELECT bailee.local_table('setback_count');

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.setback TO bailee_app;
GRANT SELECT, INSERT, UPDATE ON bailee.setback_count TO bailee_app;
