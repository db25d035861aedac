-- The named operations of src/store/store.h. OT404, OT409 and OT422 are what the one who asks did wrong.

CREATE FUNCTION put_user (the_id text, the_role text, the_name text, the_price bigint, the_share integer,
  is_blocked boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO users (id, role, display_name, price_per_unit, share_percent, blocked)
    VALUES (the_id, the_role, the_name, the_price, the_share, is_blocked)
    ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, price_per_unit = excluded.price_per_unit,
      share_percent = excluded.share_percent, blocked = excluded.blocked
      WHERE users.role = excluded.role;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is there already, with the other role', the_id USING ERRCODE = 'OT409';
  END IF;
  PERFORM open_accounts (ARRAY[the_id]);
END $$;

CREATE FUNCTION open_accounts (user_ids text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO accounts (id, owner, kind)
    SELECT kind || '/' || users.id, users.id, kind::account_kind
      FROM users JOIN (VALUES ('user', 'wallet'), ('user', 'hold'), ('otomo', 'earnings')) AS has (role, kind) USING (role)
      WHERE users.id = ANY (user_ids)
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION account_for (the_user text) RETURNS accounts
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  account accounts;
BEGIN
  SELECT * INTO account FROM accounts WHERE owner = the_user AND kind IN ('wallet', 'earnings');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no user %', the_user USING ERRCODE = 'OT404';
  END IF;
  RETURN account;
END $$;

-- The balance afterwards.
CREATE FUNCTION top_up (the_user text, purchase_id text, points bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  wallet accounts := account_for (the_user);
BEGIN
  IF wallet.kind <> 'wallet' THEN
    RAISE EXCEPTION '% is an otomo and has no wallet', the_user USING ERRCODE = 'OT422';
  END IF;
  INSERT INTO transfers (id, debit_account, credit_account, amount, kind)
    VALUES ('purchase/' || purchase_id, shard_of ('purchase', the_user), wallet.id, points, 'purchase')
    ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM transfers
      WHERE (id, credit_account, amount) = ('purchase/' || purchase_id, wallet.id, points)) THEN
    RAISE EXCEPTION 'purchase % was another one', purchase_id USING ERRCODE = 'OT409';
  END IF;
  RETURN (SELECT balance FROM accounts WHERE id = wallet.id);
END $$;

-- What an operator gives (points > 0: platform → account) or takes (points < 0), and why. The balance afterwards.
CREATE FUNCTION adjust (the_user text, adjustment_id text, points bigint, the_operator text, the_reason text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  account accounts := account_for (the_user);
  platform text := shard_of ('platform', the_user);
  debit text := CASE WHEN points > 0 THEN platform ELSE account.id END;
  credit text := CASE WHEN points > 0 THEN account.id ELSE platform END;
BEGIN
  SELECT * INTO STRICT account FROM accounts WHERE id = account.id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM transfers WHERE id = 'adjustment/' || adjustment_id) THEN
    IF NOT EXISTS (SELECT FROM transfers WHERE (id, debit_account, credit_account, amount, operator, reason)
        = ('adjustment/' || adjustment_id, debit, credit, abs (points), the_operator, the_reason)) THEN
      RAISE EXCEPTION 'adjustment % was another one', adjustment_id USING ERRCODE = 'OT409';
    END IF;
    RETURN account.balance;
  END IF;
  IF account.balance + points < 0 THEN
    RAISE EXCEPTION '% has % points, fewer than %', the_user, account.balance, -points USING ERRCODE = 'OT409';
  END IF;
  INSERT INTO transfers (id, debit_account, credit_account, amount, kind, operator, reason)
    VALUES ('adjustment/' || adjustment_id, debit, credit, abs (points), 'adjustment', the_operator, the_reason);
  RETURN account.balance + points;
END $$;

-- Brings wallets up to a balance; what is above stays.
CREATE FUNCTION fill_wallets (user_ids text[], at_least bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  WITH poor AS (
    SELECT * FROM accounts WHERE kind = 'wallet' AND owner = ANY (user_ids) AND balance < at_least
      ORDER BY id FOR NO KEY UPDATE)
  INSERT INTO transfers (id, debit_account, credit_account, amount, kind)
    SELECT 'purchase/' || gen_random_uuid (), shard_of ('purchase', owner), id, at_least - balance, 'purchase' FROM poor
$$;

CREATE FUNCTION seed_demo () RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO users (id, role, display_name, price_per_unit)
    VALUES ('demo-user', 'user', 'Demo User', NULL), ('demo-otomo', 'otomo', 'Demo Otomo', 10)
    ON CONFLICT DO NOTHING;
  SELECT open_accounts (ARRAY['demo-user', 'demo-otomo']);
  SELECT fill_wallets (ARRAY['demo-user'], 1000);
$$;

CREATE FUNCTION seed (pairs integer, at_least bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  user_ids text[] := ARRAY (SELECT 'u' || i FROM generate_series (1, pairs) AS i);
  otomo_ids text[] := ARRAY (SELECT 'o' || i FROM generate_series (1, pairs) AS i);
BEGIN
  INSERT INTO users (id, role, display_name) SELECT id, 'user', id FROM unnest (user_ids) AS id ON CONFLICT DO NOTHING;
  INSERT INTO users (id, role, display_name, price_per_unit)
    SELECT id, 'otomo', id, 10 FROM unnest (otomo_ids) AS id ON CONFLICT DO NOTHING;
  PERFORM open_accounts (user_ids || otomo_ids);
  PERFORM fill_wallets (user_ids, at_least);
END $$;

-- Tokens --------------------------------------------------------------------------------------------------------

CREATE FUNCTION add_token (hash bytea, the_user text, expiry timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM account_for (the_user);
  DELETE FROM session_tokens WHERE token_hash IN (
    SELECT token_hash FROM session_tokens WHERE expires_at < now() LIMIT 100 FOR UPDATE SKIP LOCKED);
  INSERT INTO session_tokens (token_hash, user_id, expires_at) VALUES (hash, the_user, expiry)
    ON CONFLICT (token_hash) DO UPDATE SET expires_at = excluded.expires_at
      WHERE session_tokens.user_id = excluded.user_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the token is somebody else''s' USING ERRCODE = 'OT409';
  END IF;
END $$;

CREATE FUNCTION find_token (hash bytea) RETURNS SETOF users
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT users.* FROM session_tokens JOIN users ON users.id = user_id WHERE token_hash = hash AND expires_at > now()
$$;

-- JSON for the operator -----------------------------------------------------------------------------------------

CREATE FUNCTION users_json (at_most integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(json_agg(line), '[]')
    FROM (SELECT users.*, balance
            FROM users JOIN accounts ON owner = users.id AND kind IN ('wallet', 'earnings')
           ORDER BY users.id LIMIT at_most) AS line
$$;

CREATE FUNCTION wallet_json (the_user text) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  account accounts := account_for (the_user);
BEGIN
  RETURN json_build_object (
    'user_id', the_user, 'account', account.id, 'kind', account.kind, 'balance', account.balance,
    'transfers', (
      SELECT coalesce(json_agg(line), '[]')
        FROM (SELECT * FROM (
                (SELECT * FROM transfers WHERE debit_account = account.id ORDER BY created_at DESC LIMIT 50)
                UNION ALL
                (SELECT * FROM transfers WHERE credit_account = account.id ORDER BY created_at DESC LIMIT 50)) AS both_ways
               ORDER BY created_at DESC, id LIMIT 50) AS line));
END $$;

-- A person's bill: each transfer of the period with what it changed and left, oldest first. NULL: no limit on that side.
CREATE FUNCTION statement_json (the_user text, since timestamptz, until timestamptz) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  account accounts := account_for (the_user);
  most constant integer := 10000;
  lines json;
BEGIN
  SELECT json_agg (line ORDER BY at, id) INTO lines
    FROM (SELECT *
            FROM (SELECT created_at AS at, kind, points, sum(points) OVER (ORDER BY created_at, id) AS balance, call_id,
                      unit_index, unit_at, operator, reason, id
                    FROM (SELECT *, -amount AS points FROM transfers WHERE debit_account = account.id
                          UNION ALL SELECT *, amount FROM transfers WHERE credit_account = account.id) AS both_ways) AS all_lines
           WHERE (since IS NULL OR at >= since) AND (until IS NULL OR at < until)
           ORDER BY at, id LIMIT most + 1) AS line;
  IF json_array_length (lines) > most THEN
    RAISE EXCEPTION 'more than % transfers: ask for a shorter period', most USING ERRCODE = 'OT422';
  END IF;
  RETURN json_build_object ('user_id', the_user, 'account', account.id, 'balance', account.balance,
    'lines', coalesce (lines, '[]'));
END $$;

CREATE FUNCTION calls_json (only_live boolean, at_most integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(json_agg(line), '[]')
    FROM (SELECT * FROM calls WHERE live OR NOT only_live ORDER BY requested_at DESC, call_id LIMIT at_most) AS line
$$;

CREATE FUNCTION call_json (the_call_id text) RETURNS json
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
    'transfers', (SELECT coalesce(json_agg(line ORDER BY unit_index, created_at, kind), '[]')
                    FROM transfers AS line WHERE call_id = the_call_id));
END $$;

-- A call as one timeline: what happened, what proved it, what it cost, each at its instant and s after the beginning.
CREATE FUNCTION call_timeline_json (the_call_id text) RETURNS json
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
          FROM calls WHERE call_id = the_call_id AND ended_at IS NOT NULL) AS line);
END $$;
