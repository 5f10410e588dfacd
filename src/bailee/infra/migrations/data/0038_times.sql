-- A record's times as the eight bytes that PostgreSQL sends for one (microseconds since 2000): whoever reads records
-- hardly ever looks at their times, and the driver takes longer to read two of them than to decrypt the record.

DROP FUNCTION bailee.read(uuid[], integer[], uuid[], uuid[], text[]);

CREATE FUNCTION bailee.read(controllers uuid[], starts integer[], persons uuid[], records uuid[], types text[])
RETURNS TABLE (
    n integer, gate_version bigint, facts text, key_id uuid, class_id integer, version integer,
    created_at bytea, updated_at bytea, expires_at timestamptz, sealed bytea
) LANGUAGE plpgsql SECURITY INVOKER
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT starts[i] - 1 + a.place::integer, g.gate_version, r.facts, r.key_id, r.class_id, r.version,
                   timestamptz_send(r.created_at), timestamptz_send(r.updated_at), r.expires_at, r.sealed
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

GRANT EXECUTE ON FUNCTION bailee.read(uuid[], integer[], uuid[], uuid[], text[]) TO bailee_app;

DROP FUNCTION bailee.append_and_read(
    uuid[], uuid[], timestamptz, integer[], bytea[], bytea[], text[], bytea[], integer[], uuid[], uuid[], text[]
);

CREATE FUNCTION bailee.append_and_read(
    controllers uuid[], batches uuid[], at timestamptz, counts integer[],
    commitment_sets bytea[], tag_sets bytea[], body_keys text[], bodies bytea[],
    starts integer[], persons uuid[], records uuid[], types text[]
) RETURNS TABLE (
    n integer, gate_version bigint, facts text, key_id uuid, class_id integer, version integer,
    created_at bytea, updated_at bytea, expires_at timestamptz, sealed bytea
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
                   timestamptz_send(r.created_at), timestamptz_send(r.updated_at), r.expires_at, r.sealed
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
