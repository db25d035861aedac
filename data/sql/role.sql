-- The role that a running server has, and all that it may do: call the functions of this list, which run with their owner's
-- rights. It has no right to any table, but to read the schema's version, as anybody may. Applied at each start, after the
-- numbered files, by the owner of the schema: whoever adds a function that src/ calls adds its name here. A login that owns
-- nothing finds what the owner made.
DO $role$
DECLARE
  api constant text[] := ARRAY[
    -- src/store/lease.c
    'take_lease', 'renew_lease', 'take_over', 'release_lease',
    -- src/store/ledger.c
    'record_requested', 'record_accepted', 'record_started', 'record_unit', 'record_noted', 'record_ended',
    'record_quality', 'record_refused',
    -- src/store/store.c
    'warm_up',
    -- src/store/people.c
    'put_user', 'block_user', 'find_user', 'top_up', 'adjust', 'balance_of', 'add_token', 'find_token',
    'token_expiry',
    -- src/store/channels.c
    'join_channel', 'post_message', 'add_channel', 'add_channel_member', 'channels_json',
    -- src/store/webhooks.c
    'set_webhook_rules', 'claim_webhooks', 'conclude_webhook', 'webhooks_json', 'retry_webhooks', 'test_webhook', 'count_webhooks',
    -- src/store/recordings.c
    'recording_began', 'recording_completed', 'recordings_expired', 'recordings_unfinished', 'recording_gone', 'recordings_json',
    -- src/store/report.c
    'users_json', 'wallet_json', 'statement_json', 'calls_json', 'call_json', 'call_timeline_json', 'audit_json', 'seed',
    'seed_demo'];
  owner oid := (SELECT relowner FROM pg_class WHERE oid = 'schema_migrations'::regclass);
  it record;
BEGIN
  PERFORM pg_advisory_xact_lock (hashtext ('otomo schema'));
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'otomo_server') THEN
      BEGIN
        CREATE ROLE otomo_server NOLOGIN;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- a server of another database of this PostgreSQL was quicker
      END;
    END IF;
    IF NOT pg_has_role ('otomo_server', 'MEMBER') THEN
      GRANT otomo_server TO CURRENT_USER;
    END IF;
  EXCEPTION
    WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'the role otomo_server is needed, and % may not make it; as a superuser: %GRANT otomo_server TO %',
        current_user, CASE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'otomo_server')
          THEN 'CREATE ROLE otomo_server NOLOGIN; ' ELSE '' END, quote_ident (current_user)
        USING ERRCODE = 'OT403';
  END;
  IF NOT pg_has_role (owner, 'USAGE') THEN
    RETURN;
  END IF;
  IF NOT has_table_privilege ('public', 'schema_migrations', 'SELECT') THEN
    GRANT SELECT ON schema_migrations TO PUBLIC;
  END IF;
  IF NOT has_schema_privilege ('otomo_server', 'public', 'USAGE') THEN
    GRANT USAGE ON SCHEMA public TO otomo_server;
  END IF;
  FOR it IN SELECT name, pg_proc.oid, pg_proc.oid::regprocedure AS signature, prosecdef
      FROM unnest (api) AS name LEFT JOIN pg_proc ON proname = name AND pronamespace = 'public'::regnamespace LOOP
    IF it.oid IS NULL THEN
      RAISE EXCEPTION 'there is no function %', it.name;
    END IF;
    IF NOT it.prosecdef THEN
      EXECUTE format ('ALTER FUNCTION %s SECURITY DEFINER', it.signature);
    END IF;
    IF has_function_privilege ('public', it.oid, 'EXECUTE') THEN
      EXECUTE format ('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', it.signature);
    END IF;
    IF NOT has_function_privilege ('otomo_server', it.oid, 'EXECUTE') THEN
      EXECUTE format ('GRANT EXECUTE ON FUNCTION %s TO otomo_server', it.signature);
    END IF;
  END LOOP;
END $role$
