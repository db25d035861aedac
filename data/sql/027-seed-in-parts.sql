-- People for load tests, some at a time: each request is a short one, and who asks for many sees how far it is.

DROP FUNCTION seed (integer, bigint);

CREATE FUNCTION seed (first integer, pairs integer, at_least bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  user_ids text[] := ARRAY (SELECT 'u' || i FROM generate_series (first, first + pairs - 1) AS i);
  otomo_ids text[] := ARRAY (SELECT 'o' || i FROM generate_series (first, first + pairs - 1) AS i);
BEGIN
  INSERT INTO users (id, role, display_name) SELECT id, 'user', id FROM unnest (user_ids) AS id ON CONFLICT DO NOTHING;
  INSERT INTO users (id, role, display_name, price_per_unit)
    SELECT id, 'otomo', id, 10 FROM unnest (otomo_ids) AS id ON CONFLICT DO NOTHING;
  PERFORM open_accounts (user_ids || otomo_ids);
  PERFORM fill_wallets (user_ids, at_least);
END $$;
