-- The invariants of BILLING.md, each a query whose rows are what is wrong. One SELECT on `violations` sees one snapshot, so it
-- is exact while calls go on. An operator can look at the views with psql.

CREATE VIEW violations_of_balance AS -- 1
  SELECT 1 AS invariant, 'all accounts' AS subject, 'the balances add up to ' || sum(balance) || ', not 0' AS detail
    FROM accounts HAVING sum(balance) <> 0
  UNION ALL
  SELECT 1, 'account ' || accounts.id,
      'the balance is ' || balance || ', its transfers add up to ' || coalesce(moved.amount, 0)
    FROM accounts
    LEFT JOIN (
      SELECT account, sum(amount) AS amount
        FROM (SELECT credit_account AS account, amount FROM transfers
              UNION ALL SELECT debit_account, -amount FROM transfers) AS halves
       GROUP BY account) AS moved ON moved.account = accounts.id
    WHERE balance <> coalesce(moved.amount, 0);

CREATE VIEW violations_of_wallet AS -- 2
  SELECT 2 AS invariant, 'account ' || id AS subject, 'the balance is ' || balance AS detail
    FROM accounts WHERE kind IN ('wallet', 'hold') AND balance < 0
  UNION ALL
  SELECT 2, 'account hold/' || caller_id, 'call ' || call_id || ' is ' || status || ' and holds ' || held
    FROM calls, LATERAL (SELECT held_points (calls) AS held) AS what
    WHERE charge = 'arrears' AND held <> 0 AND (NOT live OR held <> price_per_unit);

CREATE VIEW units AS -- what was charged and given back, a row a call
  SELECT call_id, count(*) FILTER (WHERE kind = 'charge') AS charges,
      count(DISTINCT unit_index) FILTER (WHERE kind = 'charge') AS distinct_charges,
      min(unit_index) FILTER (WHERE kind = 'charge') AS first_unit, max(unit_index) FILTER (WHERE kind = 'charge') AS last_unit,
      coalesce(sum(amount) FILTER (WHERE kind = 'charge'), 0) AS charged,
      coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunded,
      coalesce(sum(amount) FILTER (WHERE kind = 'share'), 0) AS shared,
      min(unit_at) AS first_at, max(unit_at) AS last_at
    FROM transfers WHERE call_id IS NOT NULL GROUP BY call_id;

CREATE VIEW violations_of_units AS -- 3
  SELECT 3 AS invariant, 'call ' || call_id AS subject,
      charges || ' charges of ' || distinct_charges || ' units between ' || coalesce(first_unit, 0) || ' and '
        || coalesce(last_unit, 0) AS detail
    FROM units
    WHERE charges <> distinct_charges OR (charges > 0 AND (first_unit, last_unit) <> (1, charges));

-- Until when a started call was in_call, and how many units that makes (docs/billing.md). In advance unit i is due at the
-- start + (i − 1) units, and owed when it was due before; one that was due at the very instant may be charged or not. In arrears:
-- the whole units, and what the end cut, when that costs something.
CREATE VIEW talks AS
  SELECT call_id, live, units_charged, started_at, ended_at, talked_until, wallet_was_empty,
      CASE WHEN in_advance THEN greatest (1, ceil (spoken)) WHEN live THEN 0 ELSE in_arrears END AS least_units,
      CASE WHEN in_advance THEN floor (spoken) + 1 WHEN live THEN floor (spoken) ELSE in_arrears END AS most_units,
      rest_price (call, talked - (units_charged - (rest_unit IS NOT NULL)::integer) * unit, recovered) AS rest_points
    FROM (
      SELECT calls.*, calls AS call, charge = 'advance' AS in_advance, talked_until, talked, unit, recovered, wallet_was_empty,
          talked::numeric / unit AS spoken,
          talked / unit + (rest_price (calls, talked % unit, recovered) > 0)::integer AS in_arrears
        FROM calls
        CROSS JOIN LATERAL (
          -- Not now(), units may have come since; and the wall clock may have been set back.
          SELECT CASE WHEN status = 'in_call' THEN greatest (clock_timestamp(), media_alive_at)
              ELSE (SELECT max(at) FROM call_events
                WHERE call_events.call_id = calls.call_id AND from_state = 'in_call' AND to_state <> 'in_call')
            END AS talked_until) AS log
        CROSS JOIN LATERAL (
          SELECT EXISTS (SELECT FROM call_events
              WHERE call_events.call_id = calls.call_id AND event = 'recovered') AS recovered) AS crash
        CROSS JOIN LATERAL (
          -- A server that was killed may have looked at the silence later than at the media's last moment.
          SELECT microseconds (greatest (interval '0',
              CASE WHEN recovered THEN least (talked_until, ended_at) ELSE talked_until END - started_at)) AS talked,
              unit_seconds * 1000000::bigint AS unit,
              EXISTS (SELECT FROM call_events
                WHERE call_events.call_id = calls.call_id AND detail = 'INSUFFICIENT_BALANCE' AND from_state = 'in_call')
                AS wallet_was_empty) AS what
       WHERE started_at IS NOT NULL) AS spoken_calls;

CREATE VIEW violations_of_time AS -- 4
  SELECT 4 AS invariant, 'call ' || call_id AS subject, 'it is over and never left in_call in the log' AS detail
    FROM talks WHERE talked_until IS NULL
  UNION ALL
  SELECT 4, 'call ' || call_id, units_charged || ' units are charged, the talk until ' || talked_until || ' makes '
      || least_units || ' to ' || most_units
    FROM talks
    WHERE units_charged > most_units OR (units_charged < least_units AND NOT live AND NOT wallet_was_empty)
  UNION ALL
  SELECT 4, 'call ' || call_id, 'a unit from ' || first_at || ' to ' || last_at || ' is charged, the call was from '
      || coalesce(started_at::text, 'never') || ' to ' || coalesce(ended_at::text, 'now')
    FROM units JOIN calls USING (call_id)
    WHERE started_at IS NULL OR first_at < started_at OR last_at > ended_at;

CREATE VIEW violations_of_total AS -- 5
  SELECT 5 AS invariant, 'call ' || call_id AS subject,
      'total_charged ' || total_charged || ' and total_refunded ' || total_refunded || ' after ' || units_charged
        || ' units of ' || price_per_unit || '; its transfers say ' || coalesce(charges, 0) || ' units, '
        || coalesce(charged, 0) || ' charged, ' || coalesce(refunded, 0) || ' refunded, ' || coalesce(shared, 0)
        || ' shared' AS detail
    FROM calls LEFT JOIN units USING (call_id)
    WHERE (total_charged, total_refunded, units_charged)
        <> (coalesce(charged, 0) - coalesce(refunded, 0), coalesce(refunded, 0), coalesce(charges, 0));

CREATE VIEW violations_of_price AS -- 5, unit by unit
  SELECT 5 AS invariant, 'call ' || charge.call_id AS subject, 'unit ' || charge.unit_index || ' cost ' || charge.amount || ' and earned '
      || coalesce(share.amount, 0) || ', not ' || points || ' and ' || points * share_percent / 100 AS detail
    FROM transfers AS charge JOIN calls ON calls.call_id = charge.call_id LEFT JOIN talks ON talks.call_id = charge.call_id
    LEFT JOIN transfers AS share
      ON (share.call_id, share.unit_index, share.kind) = (charge.call_id, charge.unit_index, 'share')
    CROSS JOIN LATERAL (
      SELECT CASE WHEN charge.unit_index = rest_unit THEN rest_points ELSE price_per_unit END AS points) AS right_one
    WHERE charge.kind = 'charge'
      AND (charge.amount, coalesce(share.amount, 0)) <> (points, points * share_percent / 100);

CREATE VIEW violations_of_end AS -- 6
  SELECT 6 AS invariant, 'call ' || call_id AS subject, 'it is ' || status || ' without an end, a reason or a length' AS detail
    FROM calls WHERE NOT live AND (ended_at IS NULL OR end_reason IS NULL OR total_seconds IS NULL)
  UNION ALL
  SELECT 6, 'user ' || person, count(*) || ' live calls: ' || string_agg (call_id, ', ')
    FROM (SELECT caller_id AS person, call_id FROM calls WHERE live
          UNION ALL SELECT callee_id, call_id FROM calls WHERE live) AS busy
   GROUP BY person HAVING count(*) > 1;

CREATE VIEW violations AS
  SELECT * FROM violations_of_balance UNION ALL SELECT * FROM violations_of_wallet
  UNION ALL SELECT * FROM violations_of_units UNION ALL SELECT * FROM violations_of_time
  UNION ALL SELECT * FROM violations_of_total UNION ALL SELECT * FROM violations_of_price
  UNION ALL SELECT * FROM violations_of_end;

CREATE FUNCTION audit_json () RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(json_agg(line), '[]')
    FROM (SELECT * FROM violations ORDER BY invariant, subject LIMIT 10000) AS line
$$;
