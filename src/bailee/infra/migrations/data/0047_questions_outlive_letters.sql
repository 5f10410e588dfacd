-- A question of a letter opens for as long as what it asks about is open, however soon the letter's text is shredded: it
-- lies under a key of its own. Those that were asked before stay under the key of their letter.
ALTER TABLE bailee.mailbox_act ADD COLUMN sealed_under text;
UPDATE bailee.mailbox_act SET sealed_under = 'notice/' || notice_id;
ALTER TABLE bailee.mailbox_act ALTER COLUMN sealed_under SET NOT NULL;

CREATE INDEX mailbox_act_open ON bailee.mailbox_act (controller_id, act, until_at) WHERE state = 'open';

-- Controllers that no letter offers, any more, to change their addresses without an account, and none waits for the
-- confirmation of one.
CREATE FUNCTION bailee.due_contact_offers(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.contact x
                WHERE x.controller_id = controllers[i] AND x.source = 'agreement' AND x.state = 'confirmed'
            ) AND NOT EXISTS (
                SELECT 1 FROM bailee.mailbox_act x
                WHERE x.controller_id = controllers[i] AND x.act = 'contact-change' AND x.state = 'open' AND x.until_at > at
            ) AND NOT EXISTS (
                SELECT 1 FROM bailee.contact x
                WHERE x.controller_id = controllers[i] AND x.state = 'asked' AND x.made_at > at - interval '7 days'
            );
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.due_contact_offers(uuid[], timestamptz) TO bailee_app;
