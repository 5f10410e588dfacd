-- Pages of exact searches that came together, in one call: for each controller its context, and for each of its
-- searches the gate's version and the ciphertext of what lies under the tag. One round trip, and version and rows are
-- of one snapshot.
DROP FUNCTION bailee.hits(uuid, bytea, uuid, uuid, integer);

-- Controller i owns the searches starts[i] .. starts[i + 1] - 1 (1-based). Search n answers its rows in id order, or one
-- row with the gate's version alone; the searches of a controller that does not exist answer none.
CREATE FUNCTION bailee.hits(
    controllers uuid[], starts integer[], tags bytea[], after_persons uuid[], after_records uuid[], mosts integer[]
) RETURNS TABLE (
    n integer, gate_version bigint, person_id uuid, facts text, key_id uuid, record_id uuid, type text,
    class_id integer, version integer, created_at timestamptz, updated_at timestamptz, expires_at timestamptz,
    sealed bytea
) LANGUAGE plpgsql SECURITY INVOKER
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT starts[i] - 1 + a.place::integer, g.gate_version, h.person_id, h.facts, h.key_id, h.record_id, h.type,
                   h.class_id, h.version, h.created_at, h.updated_at, h.expires_at, h.sealed
            FROM bailee.gate g
            CROSS JOIN unnest(
                tags[starts[i] : starts[i + 1] - 1],
                after_persons[starts[i] : starts[i + 1] - 1],
                after_records[starts[i] : starts[i + 1] - 1],
                mosts[starts[i] : starts[i + 1] - 1]
            ) WITH ORDINALITY AS a(tag, person, record, most, place)
            LEFT JOIN LATERAL (
                SELECT r.person_id, p.facts, p.key_id, r.record_id, r.type, r.class_id,
                       r.version, r.created_at, r.updated_at, r.expires_at, r.sealed
                FROM bailee.blind_index b
                JOIN bailee.record r
                    ON r.controller_id = b.controller_id AND r.person_id = b.person_id AND r.record_id = b.record_id
                JOIN bailee.person p ON p.controller_id = b.controller_id AND p.person_id = b.person_id
                WHERE b.controller_id = controllers[i] AND r.controller_id = controllers[i]
                    AND p.controller_id = controllers[i]
                    AND b.tag = a.tag AND (b.person_id, b.record_id) > (a.person, a.record)
                ORDER BY b.person_id, b.record_id LIMIT a.most
            ) h ON true
            WHERE g.controller_id = controllers[i];
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.hits(uuid[], integer[], bytea[], uuid[], uuid[], integer[]) TO bailee_app;
