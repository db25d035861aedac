-- What is left behind by a server that was killed.

-- The media of these calls ran when the node's monotonic clock showed this; counted from the call's own zero, so that a step
-- of the wall clock doesn't matter. Rows that are locked are being written by a record, which moves the instant itself.
CREATE FUNCTION calls_alive (call_ids text[], mono_us bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE calls
    SET media_alive_at = greatest (media_alive_at, started_at + (mono_us - started_mono_us) * interval '1 microsecond')
    WHERE call_id IN (
      SELECT call_id FROM calls WHERE call_id = ANY (call_ids) AND live AND started_at IS NOT NULL
        ORDER BY call_id FOR NO KEY UPDATE SKIP LOCKED)
$$;

-- The fault was ours: what was paid and not served goes back, rounded up, and the platform bears it; the otomo keeps
-- what the unit earned.
CREATE FUNCTION refund_unserved (call calls, served_until timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  unit bigint := call.unit_seconds * 1000000::bigint;
  paid_until timestamptz := call.started_at + call.units_charged * call.unit_seconds * interval '1 second';
  unserved bigint := least (greatest (microseconds (paid_until - served_until), 0), unit);
  points bigint := ceil (call.price_per_unit::numeric * unserved / unit);
BEGIN
  INSERT INTO transfers (id, debit_account, credit_account, amount, kind, call_id, unit_index, unit_at)
    SELECT 'refund/' || call_id || '/' || unit_index, credit_account, debit_account, points, 'refund', call_id,
        unit_index, unit_at
      FROM transfers
      WHERE (call_id, unit_index, kind) = (call.call_id, call.units_charged, 'charge') AND points > 0;
  RETURN points;
END $$;

-- When a call that is reconnecting left in_call; NULL: it is not reconnecting.
CREATE FUNCTION left_in_call_at (call calls) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT max(at) FROM call_events
    WHERE call_events.call_id = call.call_id AND call.status = 'reconnecting'
      AND from_state = 'in_call' AND to_state <> 'in_call'
$$;

CREATE FUNCTION recover_call (call calls) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  started boolean := call.started_at IS NOT NULL;
  arrears boolean := started AND call.charge = 'arrears';
  -- What was paid, or is held: a unit beyond it, which the crash kept from being charged, is ours to lose.
  covered integer := call.units_charged + (arrears AND held_points (call) > 0)::integer;
  -- The media's last moment.
  the_end timestamptz := CASE
    WHEN started THEN least (greatest (call.media_alive_at, call.started_at),
      call.started_at + covered * call.unit_seconds * interval '1 second')
    ELSE greatest (now(), call.requested_at, call.accepted_at) END;
  refunded bigint := CASE WHEN started AND NOT arrears THEN refund_unserved (call, the_end) ELSE 0 END;
  state text := CASE WHEN started THEN 'ended' ELSE 'failed' END;
BEGIN
  IF arrears THEN
    PERFORM settle_rest (call, least (the_end, left_in_call_at (call)), true);
  END IF;
  UPDATE calls
    SET status = state, ended_at = the_end, end_reason = 'server_shutdown',
      total_seconds = coalesce(floor (extract (epoch FROM the_end - started_at)), 0),
      total_charged = total_charged - refunded, total_refunded = total_refunded + refunded
    WHERE call_id = call.call_id;
  PERFORM note (ROW (call.call_id, the_end, 'server', 'recovered', call.status, state,
    'refunded ' || refunded || ' points')::call_moment);
END $$;

-- Closes what a dead server of this node left open; at a start, before anything else. How many calls.
CREATE FUNCTION recover (the_node text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls;
  closed integer := 0;
BEGIN
  FOR call IN SELECT * FROM calls WHERE live AND node_id = the_node ORDER BY call_id FOR NO KEY UPDATE LOOP
    PERFORM recover_call (call);
    closed := closed + 1;
  END LOOP;
  RETURN closed;
END $$;
