-- A controller's context on the server of the keys is entered as on that of the data (data/0042): without a parse. A
-- distributed engine carries only what is SET to its nodes: there it stays.
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
