-- Who there is, and the opaque tokens that stand for them.

CREATE TABLE users (
  id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  role text NOT NULL CHECK (role IN ('user', 'otomo')),
  display_name text NOT NULL DEFAULT '' CHECK (char_length(display_name) <= 200),
  price_per_unit bigint CHECK (price_per_unit BETWEEN 1 AND 1000000000),
  share_percent integer CHECK (share_percent BETWEEN 0 AND 100),
  blocked boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_price_of_otomo CHECK ((role = 'otomo') = (price_per_unit IS NOT NULL)),
  CONSTRAINT users_share_of_otomo CHECK (role = 'otomo' OR share_percent IS NULL)
);
COMMENT ON COLUMN users.share_percent IS 'the otomo''s part of a unit''s price; NULL: the server''s setting';

CREATE TABLE session_tokens (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  user_id text NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX session_tokens_expires_at ON session_tokens (expires_at);

-- Instants come from the server as whole µs since 1970, so that none is rounded on its way.
CREATE FUNCTION instant (microseconds bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN timestamptz 'epoch' + microseconds * interval '1 microsecond';

CREATE FUNCTION microseconds (span interval) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(epoch FROM span) * 1000000)::bigint;
