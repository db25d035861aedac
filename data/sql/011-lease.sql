-- Which server a call belongs to. A running server holds a lease under a new epoch, renews it every second, and says its epoch
-- with each connection (`otomo.epoch`): a call is written only under the lease of its node. A lease that ran out counts as
-- long as nobody has taken its place: a database that was away costs nobody anything. All times are the database's.

CREATE TABLE leases (
  node_id text PRIMARY KEY,
  epoch bigint NOT NULL UNIQUE GENERATED ALWAYS AS IDENTITY,
  steady_since timestamptz NOT NULL DEFAULT clock_timestamp(),
  renewed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  backend integer NOT NULL DEFAULT pg_backend_pid()
) WITH (fillfactor = 50); -- room for HOT updates
COMMENT ON COLUMN leases.steady_since IS 'since when it never ran out: whoever was away itself does not judge others';
COMMENT ON COLUMN leases.backend IS 'the connection that renewed it last: gone, its server is';

-- Servers of before had none: whoever of their name starts, or any other, closes what they left.
INSERT INTO leases (node_id, expires_at) SELECT DISTINCT node_id, now() FROM calls WHERE live;

CREATE INDEX calls_live_of_node ON calls (node_id) WHERE live;

-- The epoch that this connection writes under; NULL: none.
CREATE FUNCTION own_epoch () RETURNS bigint
LANGUAGE sql STABLE
RETURN nullif(current_setting('otomo.epoch', true), '')::bigint;

-- A call's own server writes it; and whoever holds a lease, when nobody holds that of the call's node any more (recovery). A
-- new call keeps its lease from being taken until it is committed, so that none is born behind a recovery's back; any
-- other is locked by its writer, and recovery waits for that.
CREATE FUNCTION calls_need_the_lease () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  mine text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT node_id INTO mine FROM leases WHERE epoch = own_epoch() FOR KEY SHARE;
  ELSE
    SELECT node_id INTO mine FROM leases WHERE epoch = own_epoch();
  END IF;
  IF mine = NEW.node_id
      OR (mine IS NOT NULL AND TG_OP = 'UPDATE' AND NOT EXISTS (SELECT FROM leases WHERE node_id = NEW.node_id)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'call % belongs to %, and epoch % is not its lease', NEW.call_id, NEW.node_id, own_epoch()
    USING ERRCODE = 'OT410';
END $$;

CREATE TRIGGER calls_need_the_lease
  BEFORE INSERT OR UPDATE OF node_id, status, started_at, ended_at, units_charged, total_charged, total_refunded ON calls
  FOR EACH ROW EXECUTE FUNCTION calls_need_the_lease ();

-- Whether the server of a lease that has not run out is surely dead: its connection has gone, and not because PostgreSQL has.
CREATE FUNCTION is_gone (lease leases) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT lease.renewed_at > pg_postmaster_start_time()
    AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = lease.backend)
$$;

-- At a start: a new epoch for the node, and what its dead server left open is closed. epoch NULL: somebody of this name holds the
-- lease until then, dead or alive: alive when that instant moves. `alone`: who asks knows that no other lives.
CREATE FUNCTION take_lease (the_node text, duration_us bigint, alone boolean, OUT epoch bigint, OUT held_until timestamptz,
  OUT closed integer)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  held leases;
BEGIN
  PERFORM pg_advisory_xact_lock (hashtext ('otomo lease ' || the_node));
  SELECT * INTO held FROM leases WHERE node_id = the_node FOR UPDATE;
  IF FOUND AND held.expires_at > clock_timestamp() AND NOT alone AND NOT is_gone (held) THEN
    held_until := held.expires_at;
    RETURN;
  END IF;
  DELETE FROM leases WHERE node_id = the_node;
  INSERT INTO leases (node_id, expires_at)
    VALUES (the_node, clock_timestamp() + duration_us * interval '1 microsecond')
    RETURNING leases.epoch INTO epoch;
  PERFORM set_config ('otomo.epoch', epoch::text, true);
  closed := recover (the_node);
END $$;

-- Those that ran out and that nobody renewed for so long afterwards, as far as the one who asks was there to see it.
CREATE FUNCTION dead_leases (grace_us bigint) RETURNS SETOF leases
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT theirs.* FROM leases AS mine, leases AS theirs
    WHERE mine.epoch = own_epoch() AND theirs.epoch <> mine.epoch
      AND greatest (theirs.expires_at, mine.steady_since) + grace_us * interval '1 microsecond' < clock_timestamp()
$$;

-- Every second, for all of a server in one statement: the lease goes on, and the media of these calls ran (calls_alive). Whether
-- there still was a lease to renew, and whether somebody else's is dead.
CREATE FUNCTION renew_lease (duration_us bigint, grace_us bigint, call_ids text[], mono_us bigint, OUT held boolean,
  OUT others_dead boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE leases
    SET steady_since = CASE WHEN expires_at < clock_timestamp() THEN clock_timestamp() ELSE steady_since END,
      renewed_at = clock_timestamp(), expires_at = clock_timestamp() + duration_us * interval '1 microsecond',
      backend = pg_backend_pid()
    WHERE epoch = own_epoch();
  held := FOUND;
  IF held THEN
    PERFORM calls_alive (call_ids, mono_us);
  END IF;
  others_dead := EXISTS (SELECT FROM dead_leases (grace_us));
END $$;

-- Ends the leases of dead servers and closes their calls; each node and how many those were.
CREATE FUNCTION take_over (grace_us bigint, OUT node_id text, OUT closed integer) RETURNS SETOF record
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  mine leases;
  dead leases;
BEGIN
  SELECT * INTO mine FROM leases WHERE epoch = own_epoch() FOR KEY SHARE;
  -- The condition of dead_leases, on the row as it is when it is locked.
  FOR dead IN SELECT * FROM leases
      WHERE epoch <> mine.epoch
        AND greatest (expires_at, mine.steady_since) + grace_us * interval '1 microsecond' < clock_timestamp()
      ORDER BY leases.node_id FOR UPDATE SKIP LOCKED LOOP
    DELETE FROM leases WHERE epoch = dead.epoch;
    node_id := dead.node_id;
    closed := recover (dead.node_id);
    RETURN NEXT;
  END LOOP;
END $$;

-- At a stop in order; as long as a call is open, the lease must run out.
CREATE FUNCTION release_lease () RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  DELETE FROM leases
    WHERE epoch = own_epoch() AND NOT EXISTS (SELECT FROM calls WHERE live AND calls.node_id = leases.node_id)
$$;

-- What the server read from tables itself.
CREATE FUNCTION find_user (the_user text) RETURNS SETOF users
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT * FROM users WHERE id = the_user
$$;

CREATE FUNCTION balance_of (the_user text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT balance FROM account_for (the_user)
$$;
