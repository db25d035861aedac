-- Whether somebody is let in is a word of its own: new particulars of a blocked account leave it blocked.

DROP FUNCTION put_user (text, text, text, bigint, integer, boolean);
CREATE FUNCTION put_user (the_id text, the_role text, the_name text, the_price bigint, the_share integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO users (id, role, display_name, price_per_unit, share_percent)
    VALUES (the_id, the_role, the_name, the_price, the_share)
    ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, price_per_unit = excluded.price_per_unit,
      share_percent = excluded.share_percent
      WHERE users.role = excluded.role;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is there already, with the other role', the_id USING ERRCODE = 'OT409';
  END IF;
  PERFORM open_accounts (ARRAY[the_id]);
END $$;

CREATE FUNCTION block_user (the_id text, is_blocked boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE users SET blocked = is_blocked WHERE id = the_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no user %', the_id USING ERRCODE = 'OT404';
  END IF;
END $$;
