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
-- that does not exist answers none. Each address is one look-up in the primary key, whatever the planner guesses.
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
            SELECT starts[i] - 1 + a.place::integer, g.gate_version, p.facts, p.key_id, r.class_id, r.version,
                   r.created_at, r.updated_at, r.expires_at, r.sealed
            FROM bailee.gate g
            CROSS JOIN unnest(
                persons[starts[i] : starts[i + 1] - 1],
                records[starts[i] : starts[i + 1] - 1],
                types[starts[i] : starts[i + 1] - 1]
            ) WITH ORDINALITY AS a(person, record, type, place)
            LEFT JOIN bailee.record r ON r.controller_id = controllers[i]
                AND r.person_id = a.person AND r.record_id = a.record AND r.type = a.type
            LEFT JOIN bailee.person p ON p.controller_id = r.controller_id AND p.person_id = r.person_id
            WHERE g.controller_id = controllers[i];
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.read(uuid[], integer[], uuid[], uuid[], text[]) TO bailee_app;
