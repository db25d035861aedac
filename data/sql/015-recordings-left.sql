-- Recordings of a server that was killed: what it had not finished is looked at by its next start.

CREATE FUNCTION recordings_unfinished (the_node text) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT path FROM recordings WHERE node_id = the_node AND state = 'recording' ORDER BY started_at
$$;

-- A file that is not there: deleted, as was wanted, or lost before it was finished.
DROP FUNCTION recording_deleted (text, text);
CREATE FUNCTION recording_gone (the_node text, the_path text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE recordings
    SET state = CASE state WHEN 'recording' THEN 'lost' ELSE 'deleted' END,
      deleted_at = CASE state WHEN 'ready' THEN now () END, concluded_at = coalesce (concluded_at, now ())
    WHERE (node_id, path) = (the_node, the_path) AND state IN ('recording', 'ready')
$$;
CREATE INDEX recordings_unfinished ON recordings (node_id) WHERE state = 'recording';
