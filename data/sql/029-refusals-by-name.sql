-- A client names its events: what was refused says so first, or one called "charge of unit 9" would read as if it had happened. As in
-- 025, with that.
CREATE OR REPLACE FUNCTION call_timeline_json (the_call_id text, live_quality bigint[]) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls;
BEGIN
  SELECT * INTO call FROM calls WHERE call_id = the_call_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no call %', the_call_id USING ERRCODE = 'OT404';
  END IF;
  RETURN (
    SELECT json_agg (json_build_object (
          'at', at, 'seconds', round (extract (epoch FROM at - call.started_at), 3), 'what', what, 'detail', detail)
        ORDER BY at, rank, number)
      FROM (
        (SELECT at, 1 AS rank, id AS number,
            CASE WHEN detail ~ '^[A-Z_]+$' THEN 'refused: ' ELSE '' END || event || ' by ' || actor AS what,
            concat_ws ('; ', CASE WHEN from_state <> to_state THEN from_state || ' → ' || to_state
              WHEN from_state IS NULL THEN '→ ' || to_state END, detail) AS detail
          FROM call_log (the_call_id))
        UNION ALL
        SELECT coalesce (call.ended_at, clock_timestamp ()), 5, 0, 'left out', count (*) - 1000 || ' more rows of the log'
          FROM call_events WHERE call_id = the_call_id HAVING count (*) > 1000
        UNION ALL
        SELECT first_at, 0, 0, 'first RTP of the ' || side, 'SSRC ' || ssrc || ', sequence ' || first_sequence
          FROM call_evidence WHERE call_id = the_call_id AND first_at IS NOT NULL
        UNION ALL
        SELECT coalesce (unit_at, created_at), 2, coalesce (unit_index, 0), concat_ws (' ', kind, 'of unit ' || unit_index),
            amount || ' points, ' || debit_account || ' → ' || credit_account || ', committed ' || created_at
          FROM transfers WHERE call_id = the_call_id
        UNION ALL
        SELECT began, 2, 0, 'gap', round (extract (epoch FROM coalesce (ended, clock_timestamp ()) - began), 3) || ' s, '
            || coalesce ('until ' || ended_by, 'not over')
          FROM call_gaps (the_call_id)
        UNION ALL
        SELECT ended_at, 3, 0, 'the end: ' || end_reason, total_seconds || ' s, ' || units_charged || ' units, '
            || total_charged || ' points paid, ' || total_refunded || ' given back'
          FROM calls WHERE call_id = the_call_id AND ended_at IS NOT NULL
        UNION ALL
        SELECT coalesce (call.ended_at, clock_timestamp ()), 4, CASE side WHEN 'caller' THEN 1 ELSE 2 END,
            'voice of the ' || side, quality_text (quality)
          FROM quality_of (the_call_id, live_quality) AS quality) AS line);
END $$;
