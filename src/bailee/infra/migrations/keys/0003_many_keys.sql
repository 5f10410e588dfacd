-- One call fetches the wrapped keys of persons of several controllers. Controller i owns the persons
-- starts[i] .. starts[i + 1] - 1 (1-based).
CREATE FUNCTION bailee.person_keys(controllers uuid[], starts integer[], persons uuid[])
RETURNS TABLE (controller_id uuid, person_id uuid, key_id uuid, epoch integer, wrapped bytea)
LANGUAGE plpgsql SECURITY INVOKER
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    FOR i IN 1 .. array_length(controllers, 1) LOOP
        PERFORM bailee.enter(controllers[i]);
        RETURN QUERY
            SELECT k.controller_id, k.person_id, k.key_id, k.epoch, k.wrapped FROM bailee.person_key k
            WHERE k.controller_id = controllers[i] AND k.person_id = ANY (persons[starts[i] : starts[i + 1] - 1]);
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bailee.person_keys(uuid[], integer[], uuid[]) TO bailee_app;
