-- Lists of recordings longer than one answer. A path begins with its instant, so that the order of paths is that of time.

CREATE INDEX recordings_in_order ON recordings (path COLLATE "C", node_id COLLATE "C");

DROP FUNCTION recordings_json (text, text, text, integer);

-- Newest first, those before this one if it is given; the file's place where it is this server's.
CREATE FUNCTION recordings_json (the_node text, directory text, the_call_id text, the_path text, before_path text, before_node text,
  at_most integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce (json_agg (line), '[]')
    FROM (SELECT *, CASE WHEN node_id = the_node THEN directory || '/' || path END AS file
            FROM recordings
            WHERE (the_call_id IS NULL OR call_id = the_call_id) AND (the_path IS NULL OR path = the_path)
              AND (before_path IS NULL OR (path COLLATE "C", node_id COLLATE "C") < (before_path, coalesce (before_node, '')))
            ORDER BY path COLLATE "C" DESC, node_id COLLATE "C" DESC LIMIT at_most) AS line
$$;
