-- The schema, the controller's context, and how tables are told to a distributed engine.

CREATE SCHEMA IF NOT EXISTS bailee;

REVOKE ALL ON SCHEMA bailee FROM PUBLIC;

GRANT USAGE ON SCHEMA bailee TO bailee_app, bailee_sequencer;

-- SET LOCAL takes no parameter: one function executes it, in the caller's transaction.
CREATE OR REPLACE FUNCTION bailee.enter(controller uuid) RETURNS void LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    EXECUTE format('SET LOCAL bailee.controller = %L', controller);
END
$$;

-- On plain PostgreSQL a table needs no more than this; a distributed engine distributes it by controller_id.
CREATE OR REPLACE FUNCTION bailee.controller_table(name text) RETURNS void LANGUAGE sql AS $$ SELECT $$;

CREATE OR REPLACE FUNCTION bailee.reference_table(name text) RETURNS void LANGUAGE sql AS $$ SELECT $$;

CREATE OR REPLACE FUNCTION bailee.local_table(name text) RETURNS void LANGUAGE sql AS $$ SELECT $$;

GRANT EXECUTE ON FUNCTION bailee.enter(uuid) TO bailee_app, bailee_sequencer;
