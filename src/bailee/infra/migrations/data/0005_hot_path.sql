-- The hot path. A person's row says in one word what narrows an access: state|restricted|groups|objections.
-- Readers parse each distinct word once; the row's own columns stay the truth that it is generated from.

CREATE FUNCTION bailee.facts(state text, restricted boolean, groups text[], objections text[])
RETURNS text LANGUAGE plpgsql IMMUTABLE SECURITY INVOKER AS $$
BEGIN
    RETURN state || '|' || CASE WHEN restricted THEN 'restricted' ELSE '' END
        || '|' || array_to_string(groups, ',') || '|' || array_to_string(objections, ',');
END
$$;

GRANT EXECUTE ON FUNCTION bailee.facts(text, boolean, text[], text[]) TO bailee_app;

ALTER TABLE bailee.person
    ADD COLUMN facts text NOT NULL GENERATED ALWAYS AS (bailee.facts(state, restricted, groups, objections)) STORED;

DROP FUNCTION bailee.read(uuid[], integer[], uuid[], uuid[]);

-- One call reads addressed records of several controllers. Controller i owns the addresses
-- starts[i] .. starts[i + 1] - 1 (1-based); address n answers one row, with its record or without. A controller
-- that does not exist answers none. LIMIT makes each address a look-up in both primary keys, whatever the
-- planner guesses of tables it has no statistics of.
CREATE FUNCTION bailee.read(controllers uuid[], starts integer[], persons uuid[], records uuid[], types text[])
RETURNS TABLE (
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

GRANT EXECUTE ON FUNCTION bailee.read(uuid[], integer[], uuid[], uuid[], text[]) TO bailee_app;

-- One call rewrites records of several controllers, each only if it is still what was read: its version, what
-- stands about its person, the person's key, the controller's gate. Answers the numbers of those it rewrote.
CREATE FUNCTION bailee.rewrite(
    controllers uuid[], starts integer[], at timestamptz, persons uuid[], records uuid[], versions integer[],
    said text[], key_ids uuid[], gate_versions bigint[], boxes bytea[]
) RETURNS TABLE (n integer) LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        PERFORM p.person_id FROM bailee.person p
            WHERE p.controller_id = controllers[i] AND p.person_id = ANY (persons[starts[i] : starts[i + 1] - 1])
            ORDER BY p.person_id FOR NO KEY UPDATE;
        FOR k IN starts[i] .. starts[i + 1] - 1 LOOP
            UPDATE bailee.record r SET version = versions[k] + 1, updated_at = at, sealed = boxes[k]
            FROM bailee.person p, bailee.gate g
            WHERE r.controller_id = controllers[i] AND r.person_id = persons[k] AND r.record_id = records[k]
                AND r.version = versions[k]
                AND p.controller_id = controllers[i] AND p.person_id = persons[k]
                AND p.facts = said[k] AND p.key_id = key_ids[k]
                AND g.controller_id = controllers[i] AND g.gate_version = gate_versions[k];
            IF FOUND THEN
                n := k;
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.rewrite(
    uuid[], integer[], timestamptz, uuid[], uuid[], integer[], text[], uuid[], bigint[], bytea[]
) TO bailee_app;
