-- Files of calls' voices: what is written, what is complete, what was deleted. A file is named by its path below its
-- server's directory of recordings, which also says whose and of when it is.

CREATE TABLE recordings (
  node_id text NOT NULL,
  path text NOT NULL CHECK (path <> '' AND path !~ '(^|/)\.\.?(/|$)'),
  call_id text NOT NULL REFERENCES calls,
  started_at timestamptz NOT NULL,
  offset_ms bigint NOT NULL,
  length_ms bigint CHECK (length_ms >= 0),
  bytes bigint CHECK (bytes > 0),
  sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  state text NOT NULL CHECK (state IN ('recording', 'ready', 'deleted', 'lost')),
  message text,
  concluded_at timestamptz,
  deleted_at timestamptz,
  PRIMARY KEY (node_id, path),
  CONSTRAINT recordings_complete CHECK (state NOT IN ('ready', 'deleted')
    OR (length_ms IS NOT NULL AND bytes IS NOT NULL AND sha256 IS NOT NULL AND concluded_at IS NOT NULL))
);
CREATE INDEX recordings_call ON recordings (call_id);
CREATE INDEX recordings_old ON recordings (node_id, started_at) WHERE state = 'ready';
COMMENT ON COLUMN recordings.offset_ms IS 'from calls.started_at to started_at, the file''s zero';
COMMENT ON COLUMN recordings.message IS 'why it is shorter than it should be';

-- Each may be asked again, and the complete one may come without a beginning: its row could not be written then. A call that
-- nobody has heard of has no recordings.
CREATE FUNCTION recording_began (the_node text, the_path text, the_call_id text, started timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO recordings (node_id, path, call_id, started_at, offset_ms, state)
    SELECT the_node, the_path, call_id, started, coalesce (microseconds (started - calls.started_at) / 1000, 0), 'recording'
      FROM calls WHERE call_id = the_call_id
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION recording_completed (the_node text, the_path text, the_call_id text, started timestamptz,
  the_length_ms bigint, the_bytes bigint, the_sha256 text, the_message text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM recording_began (the_node, the_path, the_call_id, started);
  UPDATE recordings
    SET state = 'ready', length_ms = the_length_ms, bytes = the_bytes, sha256 = the_sha256, message = the_message,
      concluded_at = now ()
    WHERE (node_id, path) = (the_node, the_path) AND state IN ('recording', 'lost');
END $$;

-- Oldest first, at most so many.
CREATE FUNCTION recordings_expired (the_node text, keep_days integer, at_most integer) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT path FROM recordings
    WHERE node_id = the_node AND state = 'ready' AND started_at < now () - keep_days * interval '1 day'
    ORDER BY started_at LIMIT at_most
$$;

CREATE FUNCTION recording_deleted (the_node text, the_path text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE recordings SET state = 'deleted', deleted_at = now ()
    WHERE (node_id, path) = (the_node, the_path) AND state = 'ready'
$$;

-- The operator: newest first; the file's place where it is this server's.
CREATE FUNCTION recordings_json (the_node text, directory text, the_call_id text, at_most integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce (json_agg (line), '[]')
    FROM (SELECT *, CASE WHEN node_id = the_node THEN directory || '/' || path END AS file
            FROM recordings WHERE the_call_id IS NULL OR call_id = the_call_id
            ORDER BY started_at DESC, path LIMIT at_most) AS line
$$;
