-- Promises fallen due, and the letters that they make us write (parties.cooperation, parties.addresses).

-- One row for each duty of one party to another. No personal data: ids, instants, words of the agreement. What the
-- ledger says is what counts: this table can be made anew from it.
CREATE TABLE bailee.obligation (
    controller_id uuid NOT NULL,
    obligation_id uuid NOT NULL,
    clause text NOT NULL,
    -- what it is about: a kind and a random id, as request/0198c1...
    subject text NOT NULL,
    owed_by text NOT NULL CHECK (owed_by IN ('processor', 'controller')),
    owed_to text NOT NULL CHECK (owed_to IN ('controller', 'processor', 'person', 'authority')),
    opened_at timestamptz NOT NULL,
    -- both readings of the period; the one that binds is due_at
    strict_at timestamptz NOT NULL,
    generous_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    rule text NOT NULL,
    -- the kind of evidence that discharges it
    evidence text NOT NULL,
    reminders timestamptz[] NOT NULL,
    -- when it must next be looked at: the next reminder, or the day it is due; null when nothing more can come
    look_at timestamptz,
    state text NOT NULL CHECK (state IN ('open', 'discharged', 'withdrawn')),
    infringed_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    -- the ledger entry, notice or document that discharged it; or why it was withdrawn
    proof text,
    CONSTRAINT obligation_key PRIMARY KEY (controller_id, obligation_id),
    CONSTRAINT obligation_once UNIQUE (controller_id, clause, subject)
);

CREATE INDEX obligation_looked_at ON bailee.obligation (controller_id, look_at) WHERE state = 'open';

-- Letters on their way. What they say, and to whom, is sealed under a key of the controller's own that goes when the
-- letter has served its term.
CREATE TABLE bailee.notice (
    controller_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    clause text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    -- waiting: to be sent; sent: a server took it over; failed: a human must act
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    queued_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    attempts integer NOT NULL,
    reason text NOT NULL,
    sent_at timestamptz,
    -- the obligation that its sending discharges
    discharges uuid,
    -- the sealing key's name, which is shredded when the letter goes; null once it has gone
    sealed_under text,
    sealed bytea,
    CONSTRAINT notice_key PRIMARY KEY (controller_id, notice_id)
);

CREATE INDEX notice_waiting ON bailee.notice (controller_id, due_at) WHERE state = 'waiting';
CREATE INDEX notice_about ON bailee.notice (controller_id, subject);

SELECT bailee.controller_table('obligation');
SELECT bailee.controller_table('notice');

ALTER TABLE bailee.obligation ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.notice ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.obligation TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.notice TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.obligation TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.notice TO bailee_app;
