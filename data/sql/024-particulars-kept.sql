-- What is not said of somebody who is known stays as it was: a new price alone leaves the name and the share that were agreed.

DROP FUNCTION put_user (text, text, text, bigint, integer);
-- NULL: as it was; of somebody new no name, default_price, the server's share.
CREATE FUNCTION put_user (the_id text, the_role text, the_name text, the_price bigint, the_share integer,
  default_price bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO users (id, role, display_name, price_per_unit, share_percent)
    VALUES (the_id, the_role, coalesce (the_name, ''), CASE WHEN the_role = 'otomo' THEN coalesce (the_price, default_price) END,
      the_share)
    ON CONFLICT (id) DO UPDATE SET display_name = coalesce (the_name, users.display_name),
      price_per_unit = coalesce (the_price, users.price_per_unit), share_percent = coalesce (the_share, users.share_percent)
      WHERE users.role = excluded.role;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is there already, with the other role', the_id USING ERRCODE = 'OT409';
  END IF;
  PERFORM open_accounts (ARRAY[the_id]);
END $$;
