-- Control: which controllers this processor serves, and what is due. No personal data.

CREATE TABLE bailee.directory (
    controller_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('platform', 'controller')),
    created_at timestamptz NOT NULL,
    CONSTRAINT directory_key PRIMARY KEY (controller_id)
);

-- The last instant each kind of process was seen working: time is confirmed by uninterrupted ticks.
CREATE TABLE bailee.tick (
    process text NOT NULL,
    ticking_since timestamptz NOT NULL,
    ticked_at timestamptz NOT NULL,
    CONSTRAINT tick_key PRIMARY KEY (process)
);

SELECT bailee.local_table('directory');
SELECT bailee.local_table('tick');

GRANT SELECT, INSERT ON bailee.directory TO bailee_app;
GRANT SELECT ON bailee.directory TO bailee_sequencer;
GRANT SELECT, INSERT, UPDATE ON bailee.tick TO bailee_app;
