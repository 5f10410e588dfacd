-- A controller's context is entered once for each controller of a batch. Where this server alone holds the data, the
-- setting is made by a function call; to execute a SET as text costs the server a parse each time. A distributed engine
-- carries only what is SET to its nodes: there the context stays as it was made first.
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        CREATE OR REPLACE FUNCTION bailee.enter(controller uuid) RETURNS void LANGUAGE plpgsql SECURITY INVOKER AS $$
        BEGIN
            PERFORM set_config('bailee.controller', controller::text, true);
        END
        $$;
    END IF;
END
$do$;
