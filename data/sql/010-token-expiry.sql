-- When a session token ends: a connection outlives its token by a grace only, so the server must know.

-- µs since 1970; NULL: never, or no such token.
CREATE FUNCTION token_expiry (hash bytea) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT microseconds (expires_at - timestamptz 'epoch') FROM session_tokens WHERE token_hash = hash AND isfinite (expires_at)
$$;
