-- The same answers for less work; docs/performance.md has the figures.

-- STABLE, as what it is made of: only so can PostgreSQL put it in place instead of calling it.
ALTER FUNCTION instant (bigint) STABLE;

-- In PL/pgSQL, which keeps the plan; one in SQL is planned again for each unit.
CREATE OR REPLACE FUNCTION unit_answer (call calls, the_unit integer) RETURNS record_answer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer record_answer;
BEGIN
  SELECT CASE WHEN charge.debit_account = hold_of (call.caller_id) THEN 'LAST' ELSE 'DONE' END, NULL, NULL, NULL,
      NULL, the_unit, coalesce(charge.amount, 0), coalesce(share.amount, 0), wallet.balance, earnings.balance
    INTO answer
    FROM accounts AS wallet
    JOIN accounts AS earnings ON earnings.id = earnings_of (call.callee_id)
    LEFT JOIN transfers AS charge
      ON (charge.call_id, charge.unit_index, charge.kind) = (call.call_id, the_unit, 'charge')
    LEFT JOIN transfers AS share
      ON (share.call_id, share.unit_index, share.kind) = (call.call_id, the_unit, 'share')
    WHERE wallet.id = wallet_of (call.caller_id);
  RETURN answer;
END $$;

-- Looks each call up by itself: a list in the condition is gone through anew for each row that a unit has just changed.
CREATE OR REPLACE FUNCTION calls_alive (call_ids text[], mono_us bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  WITH mine AS MATERIALIZED (
    SELECT calls.call_id FROM unnest (call_ids) AS asked (call_id) JOIN calls USING (call_id)
      WHERE live AND started_at IS NOT NULL
      ORDER BY calls.call_id FOR NO KEY UPDATE OF calls SKIP LOCKED)
  UPDATE calls
    SET media_alive_at = greatest (media_alive_at, started_at + (mono_us - started_mono_us) * interval '1 microsecond')
    FROM mine WHERE calls.call_id = mine.call_id;
END $$;
