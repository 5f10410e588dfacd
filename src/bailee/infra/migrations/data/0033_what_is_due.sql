-- Which of these controllers have something due: one question for each kind of work, whatever their number. Each is asked
-- in its own context, in one round trip; whoever is not named costs nothing more (`worker/rounds.py`).

CREATE INDEX account_closing ON bailee.account (controller_id, closes_at) WHERE state = 'closing';
CREATE INDEX erasure_not_final ON bailee.erasure (controller_id) WHERE step = 'done' AND final_at IS NULL;
CREATE INDEX notice_spent ON bailee.notice (controller_id, sent_at) WHERE state = 'sent' AND sealed_under IS NOT NULL;
CREATE INDEX rights_request_text ON bailee.rights_request (controller_id, keep_until) WHERE sealed_under IS NOT NULL;
CREATE INDEX direct_request_text ON bailee.direct_request (controller_id, keep_until) WHERE sealed_under IS NOT NULL;

-- Erasures that are not confirmed yet.
CREATE FUNCTION bailee.due_erasures(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.erasure x
                WHERE x.controller_id = controllers[i] AND x.step <> 'done'
            );
    END LOOP;
END
$$;

-- Erasures that wait for their epoch's end.
CREATE FUNCTION bailee.due_finality(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.erasure x
                WHERE x.controller_id = controllers[i] AND x.step = 'done' AND x.final_at IS NULL
            );
    END LOOP;
END
$$;

-- Requests whose replays are no longer answered: made before an instant.
CREATE FUNCTION bailee.due_old_idempotency(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.idempotency x
                WHERE x.controller_id = controllers[i] AND x.made_at < at
            );
    END LOOP;
END
$$;

-- Files that must go, and writes that were begun before an instant and never ended.
CREATE FUNCTION bailee.due_files(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.file x
                WHERE x.controller_id = controllers[i] AND (x.state = 'gone' OR (x.state = 'writing' AND x.created_at < at))
            );
    END LOOP;
END
$$;

-- Ends of contracts with a step to take.
CREATE FUNCTION bailee.due_endings(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.contract_end x
                WHERE x.controller_id = controllers[i] AND x.destroyed_at IS NULL
                    AND (x.destroying_at IS NOT NULL OR x.returned_at IS NULL OR x.last_day <= at)
            );
    END LOOP;
END
$$;

-- Accounts whose last day has come.
CREATE FUNCTION bailee.due_closings(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.account x
                WHERE x.controller_id = controllers[i] AND x.state = 'closing' AND x.closes_at <= at
            );
    END LOOP;
END
$$;

-- Imports at work or over, and those of a controller whose data are being destroyed.
CREATE FUNCTION bailee.due_imports(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.import_job x
                WHERE x.controller_id = controllers[i] AND (
                    x.expires_at <= at OR x.state IN ('checking', 'running') OR NOT EXISTS (
                        SELECT 1 FROM bailee.gate g WHERE g.controller_id = controllers[i] AND g.state = 'open'
                    )
                )
            );
    END LOOP;
END
$$;

-- Merges whose term is over.
CREATE FUNCTION bailee.due_merges(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.merge x
                WHERE x.controller_id = controllers[i] AND (x.state = 'orphaned' OR (x.state = 'open' AND x.due_at <= at))
            );
    END LOOP;
END
$$;

-- Renewals under way.
CREATE FUNCTION bailee.due_renewals(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.renewal x
                WHERE x.controller_id = controllers[i]
            );
    END LOOP;
END
$$;

-- Sessions, links and attempts that were over before an instant.
CREATE FUNCTION bailee.due_spent_sessions(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.session x
                WHERE x.controller_id = controllers[i] AND x.expires_at < at
            )
            OR EXISTS (
                SELECT 1 FROM bailee.link x
                WHERE x.controller_id = controllers[i] AND x.expires_at < at
            )
            OR EXISTS (
                SELECT 1 FROM bailee.attempt x
                WHERE x.controller_id = controllers[i] AND x.failed_at < at
            );
    END LOOP;
END
$$;

-- Approvals that were over before an instant.
CREATE FUNCTION bailee.due_spent_approvals(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.approval x
                WHERE x.controller_id = controllers[i] AND x.expires_at < at
            );
    END LOOP;
END
$$;

-- Technical data whose day has come, and whole addresses, whose day the agreement says.
CREATE FUNCTION bailee.due_technical(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.record x
                WHERE x.controller_id = controllers[i] AND x.expires_at <= at AND x.type = 'activity'
            )
            OR EXISTS (
                SELECT 1 FROM bailee.policy_class c JOIN bailee.record r
                    ON r.controller_id = c.controller_id AND r.class_id = c.class_id
                WHERE c.controller_id = controllers[i] AND c.type = 'activity' AND c.retention = 'technical_addresses'
                    AND r.controller_id = controllers[i]
            );
    END LOOP;
END
$$;

-- Records whose time is over.
CREATE FUNCTION bailee.due_expired(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.record x
                WHERE x.controller_id = controllers[i] AND x.expires_at <= at
            );
    END LOOP;
END
$$;

-- Notices to be sent.
CREATE FUNCTION bailee.due_notices(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.gate g WHERE g.controller_id = controllers[i] AND g.state = 'open'
            )
            AND EXISTS (
                SELECT 1 FROM bailee.notice x
                WHERE x.controller_id = controllers[i] AND x.state = 'waiting' AND x.due_at <= at
                    AND (x.claimed_until IS NULL OR x.claimed_until <= at)
            );
    END LOOP;
END
$$;

-- Notices to a controller that have waited since before an instant, and nobody owes yet.
CREATE FUNCTION bailee.due_unsent_notices(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.gate g WHERE g.controller_id = controllers[i] AND g.state = 'open'
            )
            AND EXISTS (
                SELECT 1 FROM bailee.notice x
                WHERE x.controller_id = controllers[i] AND x.state = 'waiting' AND x.side = 'controller' AND x.unsent IS NULL
                    AND x.waiting_since <= at
            );
    END LOOP;
END
$$;

-- Letters that were handed over before an instant.
CREATE FUNCTION bailee.due_spent_notices(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.notice x
                WHERE x.controller_id = controllers[i] AND x.state = 'sent' AND x.sealed_under IS NOT NULL AND x.sent_at <= at
            );
    END LOOP;
END
$$;

-- Deliveries to webhooks.
CREATE FUNCTION bailee.due_deliveries(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.gate g WHERE g.controller_id = controllers[i] AND g.state = 'open' AND g.listening
            )
            AND EXISTS (
                SELECT 1 FROM bailee.webhook_delivery d JOIN bailee.webhook w
                    ON w.controller_id = d.controller_id AND w.webhook_id = d.webhook_id
                WHERE d.controller_id = controllers[i] AND d.state = 'waiting' AND d.due_at <= at
                    AND w.state <> 'paused' AND (d.claimed_until IS NULL OR d.claimed_until <= at)
            );
    END LOOP;
END
$$;

-- Deliveries and attempts from before an instant.
CREATE FUNCTION bailee.due_old_deliveries(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.webhook_delivery x
                WHERE x.controller_id = controllers[i] AND x.created_at < at AND x.due_at < at
            )
            OR EXISTS (
                SELECT 1 FROM bailee.webhook_attempt x
                WHERE x.controller_id = controllers[i] AND x.at < $2
            );
    END LOOP;
END
$$;

-- Exceptions whose time is over, and texts whose term is over.
CREATE FUNCTION bailee.due_exceptions(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.rights_exception x
                WHERE x.controller_id = controllers[i] AND x.ends_at <= at
            )
            OR EXISTS (
                SELECT 1 FROM bailee.rights_request x
                WHERE x.controller_id = controllers[i] AND x.sealed_under IS NOT NULL
                    AND (x.sealed IS NULL OR x.keep_until <= at)
            );
    END LOOP;
END
$$;

-- Challenges that wait for their answer.
CREATE FUNCTION bailee.due_challenges(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.challenge x
                WHERE x.controller_id = controllers[i] AND x.state = 'open'
            );
    END LOOP;
END
$$;

-- Orders of the law to be looked at.
CREATE FUNCTION bailee.due_orders(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.compulsion x
                WHERE x.controller_id = controllers[i] AND (x.state = 'telling' OR x.look_at <= at)
            );
    END LOOP;
END
$$;

-- Requests of controllers' tools that are open, or are to be told.
CREATE FUNCTION bailee.due_subject_requests(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.opendsr_request x
                WHERE x.controller_id = controllers[i] AND (x.status IN ('pending', 'in_progress') OR x.tell_at <= at)
            );
    END LOOP;
END
$$;

-- Requests of controllers' tools that were over before an instant.
CREATE FUNCTION bailee.due_old_subject_requests(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.opendsr_request x
                WHERE x.controller_id = controllers[i] AND x.status IN ('completed', 'cancelled')
                    AND x.expected_at <= at AND x.tell_at IS NULL
            );
    END LOOP;
END
$$;

-- Messages at a controller whose term is over.
CREATE FUNCTION bailee.due_spent_messages(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT controllers[i] WHERE EXISTS (
                SELECT 1 FROM bailee.direct_request x
                WHERE x.controller_id = controllers[i] AND x.sealed_under IS NOT NULL AND x.keep_until <= at
            );
    END LOOP;
END
$$;

-- Requests that wait for work: the oldest of each controller says whose turn it is.
CREATE FUNCTION bailee.due_requests(controllers uuid[], at timestamptz)
RETURNS TABLE (controller uuid, oldest timestamptz) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT x.controller_id, x.received_at FROM bailee.rights_request x
            WHERE x.controller_id = controllers[i] AND x.step IN ('queued', 'running')
                AND (x.leased_until IS NULL OR x.leased_until < at)
            ORDER BY x.received_at LIMIT 1;
    END LOOP;
END
$$;

-- The gate's version of those whose contract runs: what is agreed moves with it.
CREATE FUNCTION bailee.gate_versions(controllers uuid[])
RETURNS TABLE (controller uuid, version bigint) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. coalesce(array_length(controllers, 1), 0) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT g.controller_id, g.gate_version FROM bailee.gate g
            WHERE g.controller_id = controllers[i] AND g.state = 'open';
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.due_erasures(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_finality(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_old_idempotency(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_files(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_endings(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_closings(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_imports(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_merges(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_renewals(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_spent_sessions(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_spent_approvals(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_technical(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_expired(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_notices(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_unsent_notices(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_spent_notices(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_deliveries(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_old_deliveries(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_exceptions(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_challenges(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_orders(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_subject_requests(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_old_subject_requests(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_spent_messages(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.due_requests(uuid[], timestamptz) TO bailee_app;
GRANT EXECUTE ON FUNCTION bailee.gate_versions(uuid[]) TO bailee_app;
