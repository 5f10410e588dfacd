-- When the last letter about what falls due went to the offices in charge: one a day at the most, whatever falls due.
CREATE TABLE bailee.reminder_letter (
    controller_id uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT reminder_letter_key PRIMARY KEY (controller_id)
);

SELECT bailee.controller_table('reminder_letter');
ALTER TABLE bailee.reminder_letter ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON bailee.reminder_letter TO bailee_app
    USING (controller_id = nullif(current_setting('bailee.controller', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON bailee.reminder_letter TO bailee_app;

-- Where a reminder has come, or something has become late, since the last letter, and that was not today's.
CREATE FUNCTION bailee.due_reminders(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.obligation x
                LEFT JOIN bailee.reminder_letter l ON l.controller_id = x.controller_id
                WHERE x.controller_id = controllers[i] AND x.state = 'open'
                    AND (l.made_at IS NULL OR l.made_at <= at - interval '1 day')
                    AND ((x.due_at < at AND x.due_at >= coalesce(l.made_at, '-infinity'))
                        OR EXISTS (SELECT 1 FROM unnest(x.reminders) AS r
                            WHERE r <= at AND r > coalesce(l.made_at, '-infinity')))
            );
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION bailee.due_reminders(uuid[], timestamptz) TO bailee_app;
