-- What a client sends is in the log under the name that the client gave it, refused, with the same state before and after: an event
-- called "recovered" is no recovery. As in 007, by rows that only the database writes.

CREATE OR REPLACE VIEW talks AS
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
              WHERE call_events.call_id = calls.call_id AND event = 'recovered' AND from_state <> to_state) AS recovered) AS crash
        CROSS JOIN LATERAL (
          -- A server that was killed may have looked at the silence later than at the media's last moment.
          SELECT microseconds (greatest (interval '0',
              CASE WHEN recovered THEN least (talked_until, ended_at) ELSE talked_until END - started_at)) AS talked,
              unit_seconds * 1000000::bigint AS unit,
              EXISTS (SELECT FROM call_events
                WHERE call_events.call_id = calls.call_id AND detail = 'INSUFFICIENT_BALANCE' AND from_state = 'in_call' AND to_state IS NULL)
                AS wallet_was_empty) AS what
       WHERE started_at IS NOT NULL) AS spoken_calls;
