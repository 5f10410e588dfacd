-- Where the control data and the controllers' data share a server, the first migration of this stream comes after the
-- whole of the other and makes the context as it was made first, by a SET that is parsed each time. Here it is made as
-- data/0042 makes it. A distributed engine carries only what is SET to its nodes: there it stays.
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
