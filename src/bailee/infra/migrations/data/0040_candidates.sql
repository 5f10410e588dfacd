-- Candidates of a search by words in one call: the controller's context, the gate's version, and the ciphertext of
-- whatever lies in a bucket of the first word, and of the second where there is one. Planned anew for what is given:
-- how full buckets are decides which index serves. What is of another type comes without its content, so that a page is
-- as long as it was asked for; without candidates, one row has the gate's version alone.
CREATE FUNCTION bailee.candidates(
    controller uuid, one_of bytea[], and_of bytea[], wanted text, after_person uuid, after_record uuid, most integer
) RETURNS TABLE (
    gate_version bigint, person_id uuid, facts text, key_id uuid, record_id uuid, type text, class_id integer,
    version integer, created_at timestamptz, updated_at timestamptz, expires_at timestamptz, sealed bytea
) LANGUAGE plpgsql SECURITY INVOKER
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM bailee.enter(controller);
    RETURN QUERY
        SELECT g.gate_version, c.person_id, p.facts, p.key_id, c.record_id, r.type, r.class_id,
               r.version, r.created_at, r.updated_at, r.expires_at, r.sealed
        FROM bailee.gate g
        LEFT JOIN LATERAL (
            SELECT DISTINCT b.person_id, b.record_id FROM bailee.blind_index b
            WHERE b.controller_id = controller AND b.tag = ANY (one_of)
              AND (b.person_id, b.record_id) > (after_person, after_record)
              AND (and_of IS NULL OR EXISTS (
                  SELECT 1 FROM bailee.blind_index o
                  WHERE o.controller_id = controller AND o.person_id = b.person_id AND o.record_id = b.record_id
                    AND o.tag = ANY (and_of)
              ))
            ORDER BY b.person_id, b.record_id LIMIT most
        ) c ON true
        LEFT JOIN bailee.record r
            ON r.controller_id = controller AND r.person_id = c.person_id AND r.record_id = c.record_id
            AND r.type = wanted
        LEFT JOIN bailee.person p ON p.controller_id = controller AND p.person_id = r.person_id
        WHERE g.controller_id = controller
        ORDER BY c.person_id, c.record_id;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.candidates(uuid, bytea[], bytea[], text, uuid, uuid, integer) TO bailee_app;
