-- Channels: who may read and write them, and what was written. A call has one of its own, named by its call_id; the
-- others are the operator's.

CREATE TABLE channels (
  id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  call_id text UNIQUE REFERENCES calls,
  last_number bigint NOT NULL DEFAULT 0 CHECK (last_number >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT channels_named_by_call CHECK (call_id = id)
);
COMMENT ON COLUMN channels.last_number IS 'of the newest message; its row lock puts writers in line';

CREATE TABLE channel_members (
  channel_id text NOT NULL REFERENCES channels,
  user_id text NOT NULL REFERENCES users,
  added_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (channel_id, user_id)
);

CREATE TABLE messages (
  channel_id text NOT NULL REFERENCES channels,
  number bigint NOT NULL CHECK (number > 0),
  id text NOT NULL UNIQUE CHECK (id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  author_id text NOT NULL REFERENCES users,
  client_message_id text CHECK (client_message_id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (channel_id, number)
);
CREATE UNIQUE INDEX messages_once ON messages (channel_id, author_id, client_message_id)
  WHERE client_message_id IS NOT NULL;
COMMENT ON COLUMN messages.number IS '1, 2, 3 … within the channel, in the order of the commits';

-- Calls ----------------------------------------------------------------------------------------------------------

-- A caller names the call, and must not get into a channel of the operator's by its name: such a call goes without.
CREATE FUNCTION open_call_channel () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO channels (id, call_id) VALUES (NEW.call_id, NEW.call_id) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    INSERT INTO channel_members (channel_id, user_id)
      VALUES (NEW.call_id, NEW.caller_id), (NEW.call_id, NEW.callee_id);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER calls_have_a_channel AFTER INSERT ON calls FOR EACH ROW EXECUTE FUNCTION open_call_channel ();

INSERT INTO channels (id, call_id) SELECT call_id, call_id FROM calls;
INSERT INTO channel_members (channel_id, user_id)
  SELECT call_id, user_id FROM calls CROSS JOIN LATERAL (VALUES (caller_id), (callee_id)) AS party (user_id);

-- Reading and writing --------------------------------------------------------------------------------------------

-- The first row has the outcome; when it is DONE, each row is a message, or the only one has none.
CREATE TYPE channel_answer AS (
  outcome text, number bigint, id text, text text, author_id text, author_name text, "timestamp" text);

CREATE FUNCTION channel_refusal (the_channel text, the_user text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE
    WHEN NOT EXISTS (SELECT FROM channels WHERE id = the_channel) THEN 'NOT_FOUND'
    WHEN NOT EXISTS (SELECT FROM channel_members WHERE (channel_id, user_id) = (the_channel, the_user))
      THEN 'PERMISSION_DENIED'
  END
$$;

-- What came after a number, and one message whatever its number; of all that the newest 50, oldest first.
CREATE FUNCTION channel_lines (the_channel text, after_number bigint, also_id text) RETURNS SETOF channel_answer
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT 'DONE', line.number, line.id, line.text, line.author_id, users.display_name,
      to_char (line.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    FROM (VALUES (the_channel)) AS asked (id)
    LEFT JOIN (
      (SELECT * FROM messages WHERE channel_id = the_channel AND number > after_number ORDER BY number DESC LIMIT 50)
      UNION
      SELECT * FROM messages WHERE id = also_id) AS line ON true
    LEFT JOIN users ON users.id = line.author_id
    ORDER BY line.number
$$;

CREATE FUNCTION join_channel (the_channel text, the_user text) RETURNS SETOF channel_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer channel_answer;
BEGIN
  answer.outcome := channel_refusal (the_channel, the_user);
  IF answer.outcome IS NOT NULL THEN
    RETURN NEXT answer;
  ELSE
    RETURN QUERY SELECT * FROM channel_lines (the_channel, 0, NULL);
  END IF;
END $$;

-- The message, stored now or by an earlier try (the same id, or the author's own), and all that came after a number.
CREATE FUNCTION post_message (the_channel text, the_author text, has_joined boolean, the_id text, the_text text,
  the_client_id text, after_number bigint) RETURNS SETOF channel_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  channel channels;
  known text;
  answer channel_answer;
BEGIN
  answer.outcome := coalesce (channel_refusal (the_channel, the_author), CASE WHEN NOT has_joined THEN 'NOT_JOINED' END);
  IF answer.outcome IS NOT NULL THEN
    RETURN NEXT answer;
    RETURN;
  END IF;
  SELECT * INTO STRICT channel FROM channels WHERE id = the_channel FOR NO KEY UPDATE;
  SELECT id INTO known FROM messages
    WHERE id = the_id OR (channel_id, author_id, client_message_id) = (the_channel, the_author, the_client_id);
  IF known IS NULL THEN
    IF NOT coalesce ((SELECT live FROM calls WHERE call_id = channel.call_id), true) THEN
      answer.outcome := 'OVER';
      RETURN NEXT answer;
      RETURN;
    END IF;
    INSERT INTO messages (channel_id, number, id, author_id, client_message_id, text)
      VALUES (the_channel, channel.last_number + 1, the_id, the_author, the_client_id, the_text);
    UPDATE channels SET last_number = channel.last_number + 1 WHERE id = the_channel;
  END IF;
  RETURN QUERY SELECT * FROM channel_lines (the_channel, after_number, coalesce (known, the_id));
END $$;

-- The operator ---------------------------------------------------------------------------------------------------

CREATE FUNCTION add_channel (the_id text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO channels (id) VALUES (the_id) ON CONFLICT DO NOTHING;
  IF NOT FOUND AND EXISTS (SELECT FROM channels WHERE call_id = the_id) THEN
    RAISE EXCEPTION 'channel % belongs to the call of that id', the_id USING ERRCODE = 'OT409';
  END IF;
END $$;

CREATE FUNCTION add_channel_member (the_channel text, the_user text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM channels WHERE id = the_channel) THEN
    RAISE EXCEPTION 'there is no channel %', the_channel USING ERRCODE = 'OT404';
  END IF;
  IF EXISTS (SELECT FROM channels WHERE call_id = the_channel) THEN
    RAISE EXCEPTION 'channel % belongs to a call: its two parties and nobody else', the_channel USING ERRCODE = 'OT409';
  END IF;
  IF NOT EXISTS (SELECT FROM users WHERE id = the_user) THEN
    RAISE EXCEPTION 'there is no user %', the_user USING ERRCODE = 'OT404';
  END IF;
  INSERT INTO channel_members (channel_id, user_id) VALUES (the_channel, the_user) ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION channels_json (with_calls boolean, at_most integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce (json_agg (line), '[]')
    FROM (SELECT id, call_id, last_number AS messages, created_at,
              (SELECT count(*) FROM channel_members WHERE channel_id = channels.id) AS members
            FROM channels WHERE call_id IS NULL OR with_calls
            ORDER BY created_at DESC, id LIMIT at_most) AS line
$$;
