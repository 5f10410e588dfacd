-- The hot path in one call: the entries of a batch are written and what they permit is read in one transaction, so
-- that a batch costs one round trip, one commit and one connection. The caller opens nothing before this has returned,
-- and it returns after the commit.

-- Commitments and tags are random bytes: trying to compress them is lost work.
ALTER TABLE bailee.ledger_batch ALTER COLUMN commitments SET STORAGE EXTERNAL;

ALTER TABLE bailee.ledger_batch ALTER COLUMN person_tags SET STORAGE EXTERNAL;

-- `bailee.append` and `bailee.read` in one loop: controller i has batch i and the addresses starts[i] ..
-- starts[i + 1] - 1 (1-based); the rows are those of `bailee.read`.
CREATE FUNCTION bailee.append_and_read(
    controllers uuid[], batches uuid[], at timestamptz, counts integer[],
    commitment_sets bytea[], tag_sets bytea[], body_keys text[], bodies bytea[],
    starts integer[], persons uuid[], records uuid[], types text[]
) RETURNS TABLE (
    n integer, gate_version bigint, facts text, key_id uuid, class_id integer, version integer,
    created_at timestamptz, updated_at timestamptz, expires_at timestamptz, sealed bytea
) LANGUAGE plpgsql SECURITY INVOKER
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        INSERT INTO bailee.ledger_batch
            (controller_id, batch_id, appended_at, entries, commitments, person_tags, body_key, body)
        VALUES
            (controllers[i], batches[i], at, counts[i], commitment_sets[i], tag_sets[i], body_keys[i], bodies[i]);
        RETURN QUERY
            SELECT starts[i] - 1 + a.place::integer, g.gate_version, r.facts, r.key_id, r.class_id, r.version,
                   r.created_at, r.updated_at, r.expires_at, r.sealed
            FROM bailee.gate g
            CROSS JOIN unnest(
                persons[starts[i] : starts[i + 1] - 1],
                records[starts[i] : starts[i + 1] - 1],
                types[starts[i] : starts[i + 1] - 1]
            ) WITH ORDINALITY AS a(person, record, type, place)
            LEFT JOIN LATERAL (
                SELECT p.facts, p.key_id, h.class_id, h.version, h.created_at, h.updated_at, h.expires_at, h.sealed
                FROM bailee.record h
                JOIN bailee.person p ON p.controller_id = h.controller_id AND p.person_id = h.person_id
                WHERE h.controller_id = controllers[i] AND p.controller_id = controllers[i]
                    AND h.person_id = a.person AND p.person_id = a.person
                    AND h.record_id = a.record AND h.type = a.type
                LIMIT 1
            ) r ON true
            WHERE g.controller_id = controllers[i];
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.append_and_read(
    uuid[], uuid[], timestamptz, integer[], bytea[], bytea[], text[], bytea[], integer[], uuid[], uuid[], text[]
) TO bailee_app;

DROP FUNCTION bailee.rewrite(
    uuid[], integer[], timestamptz, uuid[], uuid[], integer[], text[], uuid[], bigint[], bytea[]
);

-- One call rewrites records of several controllers and writes the entries that say so. Each record is rewritten only
-- if it is still what was read: its version, what stands about its person, the person's key, the controller's gate.
-- Answers the numbers of those that are not; a controller that has one of them writes nothing, neither records nor
-- entries. Every write of a record locks its person first, so what is compared under that lock stays so.
CREATE FUNCTION bailee.append_and_rewrite(
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
        PERFORM p.person_id FROM bailee.person p
            WHERE p.controller_id = controllers[i] AND p.person_id = ANY (persons[starts[i] : starts[i + 1] - 1])
            ORDER BY p.person_id FOR NO KEY UPDATE;
        missed := false;
        FOR n IN
            SELECT starts[i] - 1 + a.place::integer
            FROM unnest(
                persons[starts[i] : starts[i + 1] - 1],
                records[starts[i] : starts[i + 1] - 1],
                versions[starts[i] : starts[i + 1] - 1],
                said[starts[i] : starts[i + 1] - 1],
                key_ids[starts[i] : starts[i + 1] - 1]
            ) WITH ORDINALITY AS a(person, record, version, facts, key_id, place)
            LEFT JOIN LATERAL (
                SELECT p.facts, p.key_id, h.version
                FROM bailee.record h
                JOIN bailee.person p ON p.controller_id = h.controller_id AND p.person_id = h.person_id
                WHERE h.controller_id = controllers[i] AND p.controller_id = controllers[i]
                    AND h.person_id = a.person AND p.person_id = a.person AND h.record_id = a.record
                LIMIT 1
            ) r ON true
            WHERE (r.version = a.version AND r.facts = a.facts AND r.key_id = a.key_id AND gate_versions[i] = (
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
END
$$;

GRANT EXECUTE ON FUNCTION bailee.append_and_rewrite(
    uuid[], uuid[], timestamptz, integer[], bytea[], bytea[], text[], bytea[],
    bigint[], integer[], uuid[], uuid[], integer[], text[], uuid[], bytea[]
) TO bailee_app;
