-- A page of an exact search in one call: the controller's context, the gate's version, and the ciphertext of what lies
-- under a tag. One round trip, and version and rows are of one snapshot. A controller that has no hits answers one row
-- with its gate's version alone; one that does not exist answers none.
CREATE FUNCTION bailee.hits(
    controller uuid, sought bytea, after_person uuid, after_record uuid, most integer
) RETURNS TABLE (
    gate_version bigint, person_id uuid, facts text, key_id uuid, record_id uuid, type text, class_id integer,
    version integer, created_at timestamptz, updated_at timestamptz, expires_at timestamptz, sealed bytea
) LANGUAGE plpgsql SECURITY INVOKER
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM bailee.enter(controller);
    RETURN QUERY
        SELECT g.gate_version, h.person_id, h.facts, h.key_id, h.record_id, h.type, h.class_id,
               h.version, h.created_at, h.updated_at, h.expires_at, h.sealed
        FROM bailee.gate g
        LEFT JOIN LATERAL (
            SELECT r.person_id, p.facts, p.key_id, r.record_id, r.type, r.class_id,
                   r.version, r.created_at, r.updated_at, r.expires_at, r.sealed
            FROM bailee.blind_index b
            JOIN bailee.record r
                ON r.controller_id = b.controller_id AND r.person_id = b.person_id AND r.record_id = b.record_id
            JOIN bailee.person p ON p.controller_id = b.controller_id AND p.person_id = b.person_id
            WHERE b.controller_id = controller AND r.controller_id = controller AND p.controller_id = controller
                AND b.tag = sought AND (b.person_id, b.record_id) > (after_person, after_record)
            ORDER BY b.person_id, b.record_id LIMIT most
        ) h ON true
        WHERE g.controller_id = controller;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.hits(uuid, bytea, uuid, uuid, integer) TO bailee_app;
