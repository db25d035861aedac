-- Lists in pages, for who looks for one call or one person among many.

CREATE INDEX calls_of_caller ON calls (caller_id, requested_at);
CREATE INDEX calls_of_callee ON calls (callee_id, requested_at);

-- Newest first, behind the last line of the page before (NULL: from the start); whose: the call with this id, or the calls of
-- the person. Each branch walks along an index.
DROP FUNCTION calls_json (boolean, integer);
CREATE FUNCTION calls_json (only_live boolean, whose text, before_at timestamptz, before_id text, at_most integer) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  last_at constant timestamptz := coalesce (before_at, 'infinity');
  last_id constant text := coalesce (before_id, '');
BEGIN
  RETURN (
    WITH page AS (
      (SELECT * FROM calls
        WHERE whose IS NULL AND (live OR NOT only_live) AND (requested_at, call_id) < (last_at, last_id)
        ORDER BY requested_at DESC, call_id DESC LIMIT at_most)
      UNION
      (SELECT * FROM calls
        WHERE call_id = whose AND (live OR NOT only_live) AND (requested_at, call_id) < (last_at, last_id))
      UNION
      (SELECT * FROM calls
        WHERE caller_id = whose AND (live OR NOT only_live) AND (requested_at, call_id) < (last_at, last_id)
        ORDER BY requested_at DESC, call_id DESC LIMIT at_most)
      UNION
      (SELECT * FROM calls
        WHERE callee_id = whose AND (live OR NOT only_live) AND (requested_at, call_id) < (last_at, last_id)
        ORDER BY requested_at DESC, call_id DESC LIMIT at_most))
    SELECT coalesce (json_agg (line), '[]')
      FROM (SELECT * FROM page ORDER BY requested_at DESC, call_id DESC LIMIT at_most) AS line);
END $$;

-- By id, behind the last one of the page before; search: the beginning of an id, or a part of a name.
DROP FUNCTION users_json (integer);
CREATE FUNCTION users_json (search text, after_id text, at_most integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce (json_agg (line), '[]')
    FROM (SELECT users.*, balance
            FROM users JOIN accounts ON owner = users.id AND kind IN ('wallet', 'earnings')
           WHERE (after_id IS NULL OR users.id > after_id)
             AND (search IS NULL OR starts_with (users.id, search)
               OR strpos (lower (display_name), lower (search)) > 0)
           ORDER BY users.id LIMIT at_most) AS line
$$;
