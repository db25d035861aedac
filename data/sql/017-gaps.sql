-- Gaps: while a call was reconnecting, nobody was charged; when that was over (NULL: not yet), and what ended it.
CREATE FUNCTION call_gaps (the_call_id text) RETURNS TABLE (began timestamptz, ended timestamptz, ended_by text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT at, next_at, next_event
    FROM (SELECT at, to_state, lead (at) OVER later AS next_at, lead (event) OVER later AS next_event
            FROM call_events WHERE call_id = the_call_id AND to_state <> coalesce (from_state, '')
            WINDOW later AS (ORDER BY at, id)) AS changes
    WHERE to_state = 'reconnecting'
$$;

-- As in 014, with them.
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
        (SELECT at, 1 AS rank, id AS number, event || ' by ' || actor AS what,
            concat_ws ('; ', CASE WHEN from_state <> to_state THEN from_state || ' → ' || to_state
              WHEN from_state IS NULL THEN '→ ' || to_state END, detail) AS detail
          FROM call_events WHERE call_id = the_call_id ORDER BY at, id LIMIT 1000)
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
