-- How a call's voices went (src/core/quality.h): a row a side, written once, after the end.

CREATE TABLE call_quality (
  call_id text NOT NULL REFERENCES calls,
  side text NOT NULL CHECK (side IN ('caller', 'callee')),
  packets bigint NOT NULL CHECK (packets >= 0),
  lost bigint NOT NULL,
  jitter_us bigint NOT NULL CHECK (jitter_us >= 0),
  jitter_max_us bigint NOT NULL CHECK (jitter_max_us >= jitter_us),
  forwarded bigint NOT NULL CHECK (forwarded >= 0),
  reports bigint NOT NULL CHECK (reports >= 0),
  heard_expected bigint CHECK (heard_expected >= 0),
  heard_lost bigint CHECK (heard_lost <= heard_expected),
  heard_jitter_us bigint CHECK (heard_jitter_us >= 0),
  round_trips bigint NOT NULL CHECK (round_trips >= 0),
  round_trip_us bigint CHECK (round_trip_us >= 0),
  round_trip_max_us bigint CHECK (round_trip_max_us >= round_trip_us),
  mos numeric(3, 2) CHECK (mos BETWEEN 1 AND 4.5),
  PRIMARY KEY (call_id, side)
);
COMMENT ON TABLE call_quality IS 'the voice from each side, and how that side heard the other; NULL: not known';
COMMENT ON COLUMN call_quality.lost IS 'RTP packets of this side that never reached the server';
COMMENT ON COLUMN call_quality.heard_lost IS 'of the other side''s heard_expected packets, end to end, as this side''s last report says';
COMMENT ON COLUMN call_quality.round_trip_us IS 'server to this side and back, mean of round_trips';
COMMENT ON COLUMN call_quality.mos IS 'how this side would rate what it heard (ITU-T G.107.2)';

-- The figures of an OtQuality in its order, with the score × 100 behind them; the caller's, then the callee's.
CREATE FUNCTION quality_rows (the_call_id text, figures bigint[]) RETURNS SETOF call_quality
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT the_call_id, side, f[1], f[2], f[3], f[4], f[5],
      f[6], CASE WHEN f[6] > 0 THEN f[7] END, CASE WHEN f[6] > 0 THEN f[8] END, CASE WHEN f[6] > 0 THEN f[9] END,
      f[10], CASE WHEN f[10] > 0 THEN f[11] END, CASE WHEN f[10] > 0 THEN f[12] END,
      nullif(f[13], 0) / 100.0
    FROM (VALUES ('caller', figures[1:13]), ('callee', figures[14:26])) AS half (side, f)
    WHERE figures IS NOT NULL
$$;

CREATE FUNCTION record_quality (moment call_moment, figures bigint[]) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer record_answer;
BEGIN
  INSERT INTO call_quality SELECT * FROM quality_rows (moment.call_id, figures) ON CONFLICT DO NOTHING;
  answer.outcome := 'DONE';
  RETURN answer;
END $$;

-- What was written at the end, and before that, what the server that has the call says.
CREATE FUNCTION quality_of (the_call_id text, live bigint[]) RETURNS SETOF call_quality
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT * FROM call_quality WHERE call_id = the_call_id
  UNION ALL
  SELECT * FROM quality_rows (the_call_id, live)
    WHERE NOT EXISTS (SELECT FROM call_quality WHERE call_id = the_call_id)
$$;

CREATE FUNCTION quality_text (quality call_quality) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT concat_ws ('; ',
    quality.packets || ' packets came, ' || quality.lost || ' were lost, jitter '
      || round (quality.jitter_us / 1000.0, 1) || ' ms',
    'heard all but ' || quality.heard_lost || ' of ' || quality.heard_expected || ', jitter '
      || round (quality.heard_jitter_us / 1000.0, 1) || ' ms',
    'round trip ' || round (quality.round_trip_us / 1000.0, 1) || ' ms',
    'MOS ' || quality.mos)
$$;

-- As in 006, with the quality.
DROP FUNCTION call_json (text);
CREATE FUNCTION call_json (the_call_id text, live_quality bigint[]) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  call calls;
BEGIN
  SELECT * INTO call FROM calls WHERE call_id = the_call_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no call %', the_call_id USING ERRCODE = 'OT404';
  END IF;
  RETURN json_build_object (
    'call', row_to_json (call),
    'events', (SELECT coalesce(json_agg(line ORDER BY at, id), '[]')
                 FROM (SELECT * FROM call_events WHERE call_id = the_call_id ORDER BY at, id LIMIT 1000) AS line),
    'evidence', (SELECT coalesce(json_agg(line ORDER BY side DESC), '[]')
                   FROM call_evidence AS line WHERE call_id = the_call_id),
    'quality', (SELECT coalesce(json_agg(line ORDER BY side DESC), '[]')
                  FROM quality_of (the_call_id, live_quality) AS line),
    'transfers', (SELECT coalesce(json_agg(line ORDER BY unit_index, created_at, kind), '[]')
                    FROM transfers AS line WHERE call_id = the_call_id));
END $$;

DROP FUNCTION call_timeline_json (text);
CREATE FUNCTION call_timeline_json (the_call_id text, live_quality bigint[]) RETURNS json
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
        SELECT ended_at, 3, 0, 'the end: ' || end_reason, total_seconds || ' s, ' || units_charged || ' units, '
            || total_charged || ' points paid, ' || total_refunded || ' given back'
          FROM calls WHERE call_id = the_call_id AND ended_at IS NOT NULL
        UNION ALL
        SELECT coalesce (call.ended_at, clock_timestamp ()), 4, CASE side WHEN 'caller' THEN 1 ELSE 2 END,
            'voice of the ' || side, quality_text (quality)
          FROM quality_of (the_call_id, live_quality) AS quality) AS line);
END $$;
