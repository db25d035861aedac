-- A new connection's backend knows nothing yet: the first call that it wrote waited for tables to be looked up and functions to
-- be compiled. So each connection for records lives the life of a call once, between people who don't exist, and undoes it.
CREATE FUNCTION warm_up () RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  node text := (SELECT node_id FROM leases WHERE epoch = own_epoch ());
  caller text := 'warm-up-' || gen_random_uuid ();
  callee text := 'warm-up-' || gen_random_uuid ();
  moment call_moment;
  mode text;
BEGIN
  IF node IS NULL THEN
    RETURN; -- who holds no lease writes no call
  END IF;
  PERFORM put_user (caller, 'user', NULL, NULL, NULL);
  PERFORM put_user (callee, 'otomo', NULL, 1, NULL);
  PERFORM top_up (caller, caller, 100);
  FOREACH mode IN ARRAY ARRAY['advance', 'arrears'] LOOP
    moment := ROW (mode || '-' || caller, clock_timestamp (), 'server', 'warm_up', NULL, 'ringing', NULL);
    ASSERT (record_requested (moment, caller, callee, true, 50, 60, mode, 'charge', node)).outcome = 'DONE';
    moment.from_state := 'ringing';
    moment.to_state := 'accepted';
    ASSERT (record_accepted (moment)).outcome = 'DONE';
    moment.from_state := 'accepted';
    moment.to_state := 'in_call';
    ASSERT (record_started (moment, moment.at, 1, '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}')).outcome = 'DONE';
    moment.from_state := 'in_call';
    ASSERT (record_unit (moment, CASE mode WHEN 'advance' THEN 2 ELSE 1 END, moment.at)).outcome = 'DONE';
    moment.to_state := 'ended';
    ASSERT (record_ended (moment, 'completed', 1, moment.at)).outcome = 'DONE';
  END LOOP;
  RAISE EXCEPTION 'undone' USING ERRCODE = 'OT001';
EXCEPTION WHEN SQLSTATE 'OT001' THEN
  RETURN;
END $$;
