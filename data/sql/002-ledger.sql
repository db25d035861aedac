-- Money. A transfer is inserted and never touched again; inserting it is what moves the balances, nothing else can.

-- In the order in which the rows of one transaction are locked.
CREATE TYPE account_kind AS ENUM ('wallet', 'hold', 'earnings', 'platform', 'purchase');

-- Ids: wallet/u1, hold/u1, earnings/o1, platform/00 … /63, purchase/00 … /63. The last two kinds are what everybody pays into
-- and buys from: one row each would be a queue for the whole server, so there are 64.
CREATE TABLE accounts (
  id text PRIMARY KEY,
  owner text REFERENCES users,
  kind account_kind NOT NULL,
  balance bigint NOT NULL DEFAULT 0,
  UNIQUE (owner, kind),
  CONSTRAINT accounts_owner CHECK ((owner IS NULL) = (kind IN ('platform', 'purchase'))),
  CONSTRAINT accounts_not_below_zero CHECK (balance >= 0 OR kind NOT IN ('wallet', 'hold')),
  CONSTRAINT accounts_exact_in_json CHECK (abs(balance) <= 9007199254740991)
) WITH (fillfactor = 50); -- room for HOT updates: a balance changes with each unit

CREATE TABLE transfers (
  id text PRIMARY KEY,
  debit_account text NOT NULL REFERENCES accounts,
  credit_account text NOT NULL REFERENCES accounts,
  amount bigint NOT NULL CHECK (amount > 0),
  kind text NOT NULL CHECK (kind IN ('purchase', 'charge', 'share', 'refund', 'hold', 'release', 'adjustment')),
  call_id text,
  unit_index integer CHECK (unit_index >= 1),
  unit_at timestamptz,
  operator text CHECK (char_length(operator) BETWEEN 1 AND 64),
  reason text CHECK (char_length(reason) BETWEEN 1 AND 500),
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (debit_account <> credit_account),
  CONSTRAINT transfers_of_a_unit CHECK (
    (kind IN ('charge', 'share', 'refund')) = (call_id IS NOT NULL AND unit_index IS NOT NULL AND unit_at IS NOT NULL)),
  CONSTRAINT transfers_by_an_operator CHECK (
    (kind = 'adjustment') = (operator IS NOT NULL AND reason IS NOT NULL) AND (operator IS NULL) = (reason IS NULL)),
  CONSTRAINT transfers_of_a_call CHECK (kind NOT IN ('hold', 'release') OR call_id IS NOT NULL),
  CONSTRAINT transfers_once_a_unit UNIQUE (call_id, unit_index, kind)
);
CREATE INDEX transfers_debit ON transfers (debit_account, created_at);
CREATE INDEX transfers_credit ON transfers (credit_account, created_at);
COMMENT ON COLUMN transfers.unit_at IS 'the instant at which the unit fell due: its beginning in advance, its end in arrears';

CREATE FUNCTION wallet_of (user_id text) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'wallet/' || user_id;
CREATE FUNCTION hold_of (user_id text) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'hold/' || user_id;
CREATE FUNCTION earnings_of (user_id text) RETURNS text LANGUAGE sql IMMUTABLE RETURN 'earnings/' || user_id;

CREATE FUNCTION shard_of (kind account_kind, key text) RETURNS text
LANGUAGE sql STABLE
RETURN kind || '/' || lpad((hashtext(key)::bigint & 63)::text, 2, '0');

INSERT INTO accounts (id, kind)
SELECT kind || '/' || lpad(shard::text, 2, '0'), kind
  FROM unnest(ARRAY['platform', 'purchase']::account_kind[]) AS kind, generate_series(0, 63) AS shard;

-- Moves what was inserted, each account once. The rows are locked first, in one order for all, so that no two wait for
-- each other.
CREATE FUNCTION transfers_move () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM accounts
    WHERE id IN (SELECT debit_account FROM fresh UNION ALL SELECT credit_account FROM fresh)
    ORDER BY kind, id
    FOR NO KEY UPDATE;
  UPDATE accounts SET balance = balance + moved.amount
    FROM (SELECT account, sum(amount)::bigint AS amount
            FROM (SELECT credit_account AS account, amount FROM fresh
                  UNION ALL SELECT debit_account, -amount FROM fresh) AS halves
           GROUP BY account) AS moved
    WHERE accounts.id = moved.account;
  RETURN NULL;
END $$;

CREATE TRIGGER transfers_move AFTER INSERT ON transfers REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION transfers_move ();

CREATE FUNCTION refuse () RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is not allowed on %: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse ('transfers are append-only');

-- Depth 0 is a statement that somebody typed; the transfers' trigger writes from depth 1.
CREATE TRIGGER accounts_move_by_transfer BEFORE UPDATE OF balance ON accounts
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
  EXECUTE FUNCTION refuse ('balances move by transfers only');
CREATE TRIGGER accounts_stay BEFORE DELETE OR TRUNCATE ON accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse ('accounts are kept');

CREATE FUNCTION accounts_begin_empty () RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.balance <> 0 THEN
    RAISE EXCEPTION 'account % must begin empty', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER accounts_begin_empty BEFORE INSERT ON accounts
  FOR EACH ROW EXECUTE FUNCTION accounts_begin_empty ();
