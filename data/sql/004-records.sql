-- One function a record of src/core/record.h. Each locks the call's row first, so that two writers of one call, or a
-- record and its own second try, come one after the other; each may be asked again and then changes nothing.

CREATE TYPE call_moment AS (
  call_id text, at timestamptz, actor text, event text, from_state text, to_state text, detail text);

CREATE TYPE record_answer AS (
  outcome text, state text, reason text, price_points bigint, share_percent integer,
  unit_index integer, charged_points bigint, earned_points bigint, caller_balance bigint, callee_balance bigint);

-- The moment's row in the log. Whether it is new. What a client may have sent is cut to what an index takes.
CREATE FUNCTION note (moment call_moment) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO call_events (call_id, at, actor, event, from_state, to_state, detail)
    VALUES (left (moment.call_id, 100), moment.at, left (moment.actor, 100), left (moment.event, 100),
      moment.from_state, moment.to_state, left (moment.detail, 300))
    ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;

-- The same for a record that the database refuses: the state stays.
CREATE FUNCTION note_refusal (moment call_moment, outcome text) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer record_answer;
BEGIN
  moment.to_state := NULL;
  moment.detail := outcome;
  PERFORM note (moment);
  answer.outcome := outcome;
  RETURN answer;
END $$;

CREATE FUNCTION lock_call (the_call_id text) RETURNS calls
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls;
BEGIN
  SELECT * INTO call FROM calls WHERE call_id = the_call_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'call % does not exist', the_call_id USING ERRCODE = 'OT404';
  END IF;
  RETURN call;
END $$;

-- REQUESTED ------------------------------------------------------------------------------------------------------

CREATE FUNCTION record_requested (moment call_moment, the_caller text, the_callee text, callee_online boolean,
  default_share integer, the_unit_seconds integer, the_charge text, the_partial_unit text, the_node text) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  known calls;
  otomo users;
  refusal text;
  answer record_answer;
BEGIN
  SELECT * INTO known FROM calls WHERE call_id = moment.call_id;
  IF FOUND THEN
    answer.outcome := CASE
      WHEN (known.caller_id, known.callee_id) <> (the_caller, the_callee) THEN 'DUPLICATE'
      WHEN known.requested_at = moment.at THEN 'DONE' -- this very record, written again
      ELSE 'REPEATED'
    END;
    IF answer.outcome <> 'DUPLICATE' THEN
      answer.state := known.status;
      answer.reason := known.end_reason;
      answer.price_points := known.price_per_unit;
      answer.share_percent := known.share_percent;
    END IF;
    RETURN answer;
  END IF;

  SELECT * INTO otomo FROM users WHERE id = the_callee AND role = 'otomo' AND NOT blocked;
  refusal := CASE
    WHEN NOT EXISTS (SELECT FROM users WHERE id = the_caller AND role = 'user' AND NOT blocked)
      THEN 'PERMISSION_DENIED'
    WHEN otomo.id IS NULL THEN 'USER_NOT_FOUND'
    WHEN NOT callee_online THEN 'USER_OFFLINE'
    WHEN EXISTS (SELECT FROM calls WHERE live AND caller_id = the_caller)
      OR EXISTS (SELECT FROM calls WHERE live AND callee_id = the_callee) THEN 'USER_BUSY'
    WHEN (SELECT balance FROM accounts WHERE id = wallet_of (the_caller)) < otomo.price_per_unit
      THEN 'INSUFFICIENT_BALANCE'
  END;
  IF refusal IS NOT NULL THEN
    RETURN note_refusal (moment, refusal);
  END IF;

  INSERT INTO calls (call_id, caller_id, callee_id, status, price_per_unit, share_percent, unit_seconds, charge,
      partial_unit, requested_at, node_id)
    VALUES (moment.call_id, the_caller, the_callee, 'ringing', otomo.price_per_unit,
      coalesce(otomo.share_percent, default_share), the_unit_seconds, the_charge, the_partial_unit, moment.at, the_node)
    ON CONFLICT DO NOTHING
    RETURNING 'DONE', status, NULL, price_per_unit, share_percent INTO answer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another request was quicker: look again' USING ERRCODE = 'serialization_failure';
  END IF;
  PERFORM note (moment);
  RETURN answer;
END $$;

-- ACCEPTED, NOTED, REFUSED ---------------------------------------------------------------------------------------

CREATE FUNCTION record_accepted (moment call_moment) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls := lock_call (moment.call_id);
  answer record_answer;
BEGIN
  answer.outcome := CASE WHEN call.live OR call.accepted_at = moment.at THEN 'DONE' ELSE 'OVER' END;
  IF call.status = 'ringing' THEN
    UPDATE calls SET status = 'accepted', accepted_at = moment.at WHERE call_id = call.call_id;
    PERFORM note (moment);
  END IF;
  RETURN answer;
END $$;

-- A change between in_call and reconnecting, or something worth a row that changes no state.
CREATE FUNCTION record_noted (moment call_moment) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls := lock_call (moment.call_id);
  answer record_answer;
BEGIN
  IF NOT call.live THEN
    answer.outcome := CASE WHEN EXISTS (
      SELECT FROM call_events
        WHERE (call_id, at, event, actor) = (call.call_id, moment.at, moment.event, moment.actor)
          AND from_state IS NOT DISTINCT FROM moment.from_state AND to_state IS NOT DISTINCT FROM moment.to_state)
      THEN 'DONE' ELSE 'OVER' END;
    RETURN answer;
  END IF;
  -- Written again, perhaps long after its first try: what came since must stand.
  IF note (moment) AND moment.to_state <> call.status THEN
    IF NOT (call.status IN ('in_call', 'reconnecting') AND moment.to_state IN ('in_call', 'reconnecting')) THEN
      RAISE EXCEPTION 'call % is %, it can''t become %', call.call_id, call.status, moment.to_state
        USING ERRCODE = 'OT500';
    END IF;
    UPDATE calls SET status = moment.to_state WHERE call_id = call.call_id;
  END IF;
  answer.outcome := 'DONE';
  RETURN answer;
END $$;

CREATE FUNCTION record_refused (moment call_moment) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer record_answer;
BEGIN
  PERFORM note (moment);
  answer.outcome := 'DONE';
  RETURN answer;
END $$;

-- STARTED, UNIT, ENDED -------------------------------------------------------------------------------------------

-- What a unit moved, nothing when it was not charged, and the balances as they are now. LAST: the hold has paid it, and
-- nothing holds another.
CREATE FUNCTION unit_answer (call calls, the_unit integer) RETURNS record_answer
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN charge.debit_account = hold_of (call.caller_id) THEN 'LAST' ELSE 'DONE' END, NULL, NULL, NULL::bigint,
      NULL::integer, the_unit, coalesce(charge.amount, 0), coalesce(share.amount, 0), wallet.balance, earnings.balance
    FROM accounts AS wallet
    JOIN accounts AS earnings ON earnings.id = earnings_of (call.callee_id)
    LEFT JOIN transfers AS charge
      ON (charge.call_id, charge.unit_index, charge.kind) = (call.call_id, the_unit, 'charge')
    LEFT JOIN transfers AS share
      ON (share.call_id, share.unit_index, share.kind) = (call.call_id, the_unit, 'share')
    WHERE wallet.id = wallet_of (call.caller_id)
$$;

-- The price goes payer → platform, the otomo's share of it, rounded down, platform → earnings. The call's row is locked by
-- the caller.
CREATE FUNCTION move_unit (call calls, payer text, points bigint, the_unit integer, due_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  platform text := shard_of ('platform', call.call_id);
BEGIN
  INSERT INTO transfers (id, debit_account, credit_account, amount, kind, call_id, unit_index, unit_at)
    SELECT move.kind || '/' || call.call_id || '/' || the_unit, move.debit, move.credit, move.amount, move.kind,
        call.call_id, the_unit, due_at
      FROM (VALUES
        ('charge', payer, platform, points),
        ('share', platform, earnings_of (call.callee_id), points * call.share_percent / 100)
      ) AS move (kind, debit, credit, amount)
      WHERE move.amount > 0;
  UPDATE calls
    SET units_charged = the_unit, total_charged = total_charged + points, media_alive_at = greatest(media_alive_at, due_at)
    WHERE call_id = call.call_id;
END $$;

-- Charges a whole unit: of the wallet; in arrears, when that doesn't cover it, of the hold. Whether it could be paid; if not,
-- nothing moved.
CREATE FUNCTION charge_unit (call calls, the_unit integer, due_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  wallet accounts;
  payer text := wallet_of (call.caller_id);
BEGIN
  SELECT * INTO STRICT wallet FROM accounts WHERE id = payer FOR NO KEY UPDATE;
  IF wallet.balance < call.price_per_unit THEN
    IF call.charge = 'advance' THEN
      RETURN false;
    END IF;
    payer := hold_of (call.caller_id);
  END IF;
  PERFORM move_unit (call, payer, call.price_per_unit, the_unit, due_at);
  RETURN true;
END $$;

-- Arrears: sets the price of one unit aside. Whether the wallet covers it.
CREATE FUNCTION hold_unit (call calls) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  wallet accounts;
BEGIN
  SELECT * INTO STRICT wallet FROM accounts WHERE id = wallet_of (call.caller_id) FOR NO KEY UPDATE;
  IF wallet.balance < call.price_per_unit THEN
    RETURN false;
  END IF;
  INSERT INTO transfers (id, debit_account, credit_account, amount, kind, call_id)
    VALUES ('hold/' || call.call_id, wallet.id, hold_of (call.caller_id), call.price_per_unit, 'hold', call.call_id);
  RETURN true;
END $$;

-- Arrays: caller first. An instant of 0 says that nothing came from this side.
CREATE FUNCTION record_started (moment call_moment, due_at timestamptz, the_mono_us bigint, ssrcs bigint[],
  first_sequences integer[], first_us bigint[], first_mono_us bigint[], packet_counts bigint[]) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls := lock_call (moment.call_id);
  answer record_answer;
BEGIN
  IF call.started_at IS NOT NULL THEN
    RETURN unit_answer (call, 1);
  END IF;
  IF NOT call.live THEN
    answer.outcome := 'OVER';
    RETURN answer;
  END IF;
  IF call.status <> 'accepted' THEN
    RAISE EXCEPTION 'call % is %, it can''t start', call.call_id, call.status USING ERRCODE = 'OT500';
  END IF;
  IF NOT ((call.charge = 'advance' AND charge_unit (call, 1, due_at)) OR (call.charge = 'arrears' AND hold_unit (call))) THEN
    RETURN note_refusal (moment, 'INSUFFICIENT_BALANCE');
  END IF;
  UPDATE calls
    SET status = 'in_call', started_at = moment.at, started_mono_us = the_mono_us, media_alive_at = moment.at
    WHERE call_id = call.call_id;
  INSERT INTO call_evidence (call_id, side, ssrc, first_sequence, first_at, first_mono_us, packet_count)
    SELECT call.call_id, side, CASE WHEN came THEN ssrc END, CASE WHEN came THEN sequence END,
        CASE WHEN came THEN instant (wall_us) END, CASE WHEN came THEN mono_us END, packets
      FROM unnest(ARRAY['caller', 'callee'], ssrcs, first_sequences, first_us, first_mono_us, packet_counts)
        AS seen (side, ssrc, sequence, wall_us, mono_us, packets),
        LATERAL (SELECT mono_us <> 0 AS came) AS whether;
  PERFORM note (moment);
  RETURN unit_answer (call, 1);
END $$;

CREATE FUNCTION record_unit (moment call_moment, the_unit integer, due_at timestamptz) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls := lock_call (moment.call_id);
  answer record_answer;
BEGIN
  IF the_unit <= call.units_charged THEN
    RETURN unit_answer (call, the_unit);
  END IF;
  IF NOT call.live THEN
    answer.outcome := 'OVER';
    RETURN answer;
  END IF;
  IF call.status <> 'in_call' OR the_unit <> call.units_charged + 1 THEN
    RAISE EXCEPTION 'call % is % with % units charged: unit % can''t be', call.call_id, call.status,
      call.units_charged, the_unit USING ERRCODE = 'OT500';
  END IF;
  IF NOT charge_unit (call, the_unit, due_at) THEN
    RETURN note_refusal (moment, 'INSUFFICIENT_BALANCE');
  END IF;
  PERFORM note (moment);
  RETURN unit_answer (call, the_unit);
END $$;

-- ENDED ----------------------------------------------------------------------------------------------------------

-- What the last unit of a call in arrears costs when `part` µs of it were talked (docs/billing.md). The fault ours: rounded
-- in the user's favour.
CREATE FUNCTION rest_price (call calls, part bigint, our_fault boolean) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE
    WHEN part <= 0 THEN 0
    WHEN part >= unit THEN call.price_per_unit
    WHEN call.partial_unit = 'free' THEN 0
    WHEN our_fault THEN floor (price)
    WHEN call.partial_unit = 'charge' THEN call.price_per_unit
    ELSE ceil (price)
  END::bigint
    FROM (SELECT call.unit_seconds * 1000000::bigint) AS whole (unit),
      LATERAL (SELECT call.price_per_unit::numeric * part / unit) AS exact (price)
$$;

-- Arrears: what the call still holds of the wallet.
CREATE FUNCTION held_points (call calls) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(sum(CASE WHEN credit_account = hold_of (call.caller_id) THEN amount
      WHEN debit_account = hold_of (call.caller_id) THEN -amount END), 0)::bigint
    FROM transfers WHERE transfers.call_id = call.call_id
$$;

-- Arrears, at the end: the unit that it cuts is paid of the hold, and what is left of that goes back to the wallet.
CREATE FUNCTION settle_rest (call calls, talked_until timestamptz, our_fault boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  held bigint := held_points (call);
  begun timestamptz := call.started_at + call.units_charged * call.unit_seconds * interval '1 second';
  points bigint := least (rest_price (call, microseconds (talked_until - begun), our_fault), held);
BEGIN
  IF points > 0 THEN
    PERFORM move_unit (call, hold_of (call.caller_id), points, call.units_charged + 1, talked_until);
    UPDATE calls SET rest_unit = units_charged WHERE call_id = call.call_id;
  END IF;
  INSERT INTO transfers (id, debit_account, credit_account, amount, kind, call_id)
    SELECT 'release/' || call.call_id, hold_of (call.caller_id), wallet_of (call.caller_id), held - points, 'release',
        call.call_id
      WHERE held > points;
END $$;

-- talked_until: when the call left in_call; NULL: it never was.
CREATE FUNCTION record_ended (moment call_moment, the_reason text, the_total_seconds bigint, talked_until timestamptz)
RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls := lock_call (moment.call_id);
  answer record_answer;
BEGIN
  IF call.live THEN
    moment.from_state := call.status; -- changes of the state that were never written were none
    IF call.charge = 'arrears' AND call.started_at IS NOT NULL THEN
      PERFORM settle_rest (call, talked_until, false);
    END IF;
    UPDATE calls
      SET status = moment.to_state, ended_at = moment.at, end_reason = the_reason, total_seconds = the_total_seconds
      WHERE call_id = call.call_id
      RETURNING * INTO call;
    PERFORM note (moment);
  END IF;
  IF call.rest_unit IS NOT NULL THEN
    answer := unit_answer (call, call.rest_unit);
  END IF;
  answer.outcome := 'DONE';
  RETURN answer;
END $$;
