-- A batch of several controllers may wait for the lock of a later one while an earlier one's gate, which it has been
-- held to already, moves: a credential revoked, an instruction withdrawn, and answered for. Whoever waited that long is
-- held to every gate once more, and where one moved nothing of the whole batch is written. Else as in 0041.
CREATE OR REPLACE FUNCTION bailee.append_and_rewrite(
    controllers uuid[], batches uuid[], at timestamptz, counts integer[],
    commitment_sets bytea[], tag_sets bytea[], body_keys text[], bodies bytea[],
    gate_versions bigint[], starts integer[], persons uuid[], records uuid[], versions integer[],
    said text[], key_ids uuid[], boxes bytea[]
) RETURNS TABLE (n integer) LANGUAGE plpgsql SECURITY INVOKER
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    missed boolean;
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        missed := false;
        FOR n IN
            SELECT starts[i] - 1 + a.place::integer
            FROM (
                SELECT u.person, u.facts, u.key_id, u.place
                FROM unnest(
                    persons[starts[i] : starts[i + 1] - 1],
                    said[starts[i] : starts[i + 1] - 1],
                    key_ids[starts[i] : starts[i + 1] - 1]
                ) WITH ORDINALITY AS u(person, facts, key_id, place)
                ORDER BY u.person
            ) a
            LEFT JOIN LATERAL (
                SELECT p.facts, p.key_id
                FROM bailee.person p
                WHERE p.controller_id = controllers[i] AND p.person_id = a.person
                FOR NO KEY UPDATE
            ) p ON true
            WHERE (p.facts = a.facts AND p.key_id = a.key_id) IS NOT TRUE
        LOOP
            missed := true;
            RETURN NEXT;
        END LOOP;
        CONTINUE WHEN missed;
        FOR n IN
            SELECT starts[i] - 1 + a.place::integer
            FROM unnest(
                persons[starts[i] : starts[i + 1] - 1],
                records[starts[i] : starts[i + 1] - 1],
                versions[starts[i] : starts[i + 1] - 1]
            ) WITH ORDINALITY AS a(person, record, version, place)
            LEFT JOIN LATERAL (
                SELECT h.version
                FROM bailee.record h
                WHERE h.controller_id = controllers[i] AND h.person_id = a.person AND h.record_id = a.record
                LIMIT 1
            ) r ON true
            WHERE (r.version = a.version AND gate_versions[i] = (
                SELECT g.gate_version FROM bailee.gate g WHERE g.controller_id = controllers[i]
            )) IS NOT TRUE
        LOOP
            missed := true;
            RETURN NEXT;
        END LOOP;
        CONTINUE WHEN missed;
        FOR k IN starts[i] .. starts[i + 1] - 1 LOOP
            UPDATE bailee.record r SET version = versions[k] + 1, updated_at = at, sealed = boxes[k]
            WHERE r.controller_id = controllers[i] AND r.person_id = persons[k] AND r.record_id = records[k];
        END LOOP;
        INSERT INTO bailee.ledger_batch
            (controller_id, batch_id, appended_at, entries, commitments, person_tags, body_key, body)
        VALUES
            (controllers[i], batches[i], at, counts[i], commitment_sets[i], tag_sets[i], body_keys[i], bodies[i]);
    END LOOP;
    IF clock_timestamp() - statement_timestamp() < interval '500 milliseconds' THEN
        RETURN;
    END IF;
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        PERFORM FROM bailee.gate g
        WHERE g.controller_id = controllers[i] AND g.gate_version = gate_versions[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a gate moved while a lock was waited for' USING ERRCODE = 'serialization_failure';
        END IF;
    END LOOP;
END
$$;
