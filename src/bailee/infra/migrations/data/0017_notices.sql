-- Notices that arrive: to whom each was handed over and how it went, the addresses that are valid, and the acts that
-- a controller does from its mailbox (parties.addresses, parties.dpo). What is said, and to which address, is sealed.

ALTER TABLE bailee.notice
    -- whom it speaks to: the controller, or the processor's own staff
    ADD COLUMN side text NOT NULL DEFAULT 'controller' CHECK (side IN ('controller', 'processor')),
    ADD COLUMN letter text NOT NULL DEFAULT '',
    -- since when it waits: since it was queued, or since a human gave it another way
    ADD COLUMN waiting_since timestamptz,
    -- how often a human gave it another way
    ADD COLUMN rounds integer NOT NULL DEFAULT 0,
    -- the obligation that opens when it stays unsent
    ADD COLUMN unsent uuid;

CREATE INDEX notice_read ON bailee.notice (controller_id, notice_id DESC);

-- One row for each address that a notice goes to. The address itself is not here: `recipient` is a keyed digest.
CREATE TABLE bailee.notice_delivery (
    controller_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    recipient text NOT NULL,
    role text NOT NULL CHECK (role IN ('to', 'copy')),
    -- dropped: another address took its place before it was sent
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'dropped')),
    attempts integer NOT NULL,
    reason text NOT NULL,
    message_id text NOT NULL,
    -- the mail's digest, and what the server said when it took it over
    digest text NOT NULL,
    answer text NOT NULL,
    changed_at timestamptz NOT NULL,
    sent_at timestamptz,
    CONSTRAINT notice_delivery_key PRIMARY KEY (controller_id, notice_id, recipient)
);

CREATE TABLE bailee.notice_attempt (
    controller_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    recipient text NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT notice_attempt_key PRIMARY KEY (controller_id, notice_id, recipient, number)
);

-- Whether mail leaves at all: one row, of the platform itself.
CREATE TABLE bailee.mail_route (
    controller_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'away')),
    reason text NOT NULL,
    since_at timestamptz NOT NULL,
    CONSTRAINT mail_route_key PRIMARY KEY (controller_id)
);

-- Who is reached where, with its history: the agreement's own, and what was changed between amendments.
CREATE TABLE bailee.contact (
    controller_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    -- the kind of notice, or the officer of a side
    slot text NOT NULL,
    source text NOT NULL CHECK (source IN ('agreement', 'change')),
    -- asked: waits for its confirmation; confirmed: used from its day on; over: another took its place
    state text NOT NULL CHECK (state IN ('asked', 'confirmed', 'over')),
    -- the keyed digest of the address, and of the agreement's address that it takes the place of
    mark text NOT NULL,
    instead_of text NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    since_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    over_at timestamptz,
    sealed bytea NOT NULL,
    CONSTRAINT contact_key PRIMARY KEY (controller_id, contact_id)
);

CREATE INDEX contact_slot ON bailee.contact (controller_id, slot, since_at);

-- What a controller is asked for in a letter. The link's secret and the code are kept as digests alone.
CREATE TABLE bailee.mailbox_act (
    controller_id uuid NOT NULL,
    act_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    act text NOT NULL,
    secret_digest bytea NOT NULL,
    -- the digest of exactly what was shown
    content text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'done')),
    choice text NOT NULL,
    asked_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    done_at timestamptz,
    done_by text NOT NULL,
    coded boolean NOT NULL,
    code_digest bytea,
    code_until timestamptz,
    code_tries integer NOT NULL,
    codes integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT mailbox_act_key PRIMARY KEY (controller_id, act_id)
);

CREATE INDEX mailbox_act_notice ON bailee.mailbox_act (controller_id, notice_id);

-- Replies to such letters: a human of the processor reads and confirms, or sets aside.
CREATE TABLE bailee.mailbox_reply (
    controller_id uuid NOT NULL,
    reply_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'confirmed', 'set-aside')),
    received_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text NOT NULL,
    digest text NOT NULL,
    sealed bytea,
    CONSTRAINT mailbox_reply_key PRIMARY KEY (controller_id, reply_id),
    CONSTRAINT mailbox_reply_once UNIQUE (controller_id, notice_id, digest)
);

-- What is told of a notice names it instead of a person.
ALTER TABLE bailee.webhook_delivery ADD COLUMN notice_id uuid;

SELECT bailee.controller_table('notice_delivery');
SELECT bailee.controller_table('notice_attempt');
SELECT bailee.controller_table('mail_route');
SELECT bailee.controller_table('contact');
SELECT bailee.controller_table('mailbox_act');
SELECT bailee.controller_table('mailbox_reply');

ALTER TABLE bailee.notice_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.notice_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.mail_route ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.contact ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.mailbox_act ENABLE ROW LEVEL SECURITY;
ALTER TABLE bailee.mailbox_reply ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON bailee.notice_delivery TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.notice_attempt TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.mail_route TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.contact TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.mailbox_act TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
CREATE POLICY own ON bailee.mailbox_reply TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);

GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.notice_delivery TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.notice_attempt TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.mail_route TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.contact TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.mailbox_act TO bailee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.mailbox_reply TO bailee_app;
