-- What the operator's own systems are told. An event is written in the transaction that made it true (a transactional
-- outbox), and stays until the endpoint has taken it, or is given up. docs/webhooks.md.

-- One row while webhooks are wanted; none: nothing is written.
CREATE TABLE webhook_rules (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  wallet_low_points bigint NOT NULL CHECK (wallet_low_points >= 0),
  keep_days integer NOT NULL CHECK (keep_days > 0)
);

CREATE TABLE webhooks (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE DEFAULT gen_random_uuid ()::text,
  type text NOT NULL CHECK (type IN ('call.started', 'call.ended', 'wallet.low', 'recording.ready', 'test')),
  once text UNIQUE,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
  tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  next_try_at timestamptz NOT NULL DEFAULT now(),
  claim text,
  concluded_at timestamptz,
  last_status integer,
  last_error text,
  CONSTRAINT webhooks_concluded CHECK ((state = 'waiting') = (concluded_at IS NULL))
);
CREATE INDEX webhooks_due ON webhooks (next_try_at) WHERE state = 'waiting';
CREATE INDEX webhooks_old ON webhooks (concluded_at) WHERE state <> 'waiting';
CREATE INDEX webhooks_claim ON webhooks (claim) WHERE claim IS NOT NULL;
COMMENT ON COLUMN webhooks.once IS 'what can happen only once, by type and id; NULL: can happen again';
COMMENT ON COLUMN webhooks.body IS 'the very bytes that are sent and signed, the same at each try';
COMMENT ON COLUMN webhooks.claim IS 'whose try is under way; another may begin when next_try_at has passed';

-- NULL: no webhooks.
CREATE FUNCTION set_webhook_rules (low_points bigint, the_keep_days integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF low_points IS NULL THEN
    DELETE FROM webhook_rules;
  ELSE
    INSERT INTO webhook_rules (wallet_low_points, keep_days) VALUES (low_points, the_keep_days)
      ON CONFLICT (only_row) DO UPDATE SET wallet_low_points = low_points, keep_days = the_keep_days;
  END IF;
END $$;

-- Writing --------------------------------------------------------------------------------------------------------

CREATE FUNCTION iso (at timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
RETURN to_char (at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

CREATE FUNCTION put_webhook (the_type text, the_once text, at timestamptz, data json) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO webhooks (type, once, body)
    VALUES (the_type, the_type || '/' || the_once,
      json_build_object ('type', the_type, 'timestamp', iso (at), 'data', data)::text)
    ON CONFLICT (once) DO NOTHING
    RETURNING id
$$;

CREATE FUNCTION webhook_of_call () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM webhook_rules) THEN
    RETURN NULL;
  END IF;
  IF NEW.live THEN
    PERFORM put_webhook ('call.started', NEW.call_id, NEW.started_at, json_build_object (
      'callId', NEW.call_id, 'userId', NEW.caller_id, 'otomoId', NEW.callee_id, 'connectedAt', iso (NEW.started_at),
      'pricePerUnit', NEW.price_per_unit, 'unitSeconds', NEW.unit_seconds, 'charge', NEW.charge));
  ELSE
    PERFORM put_webhook ('call.ended', NEW.call_id, NEW.ended_at, json_build_object (
      'callId', NEW.call_id, 'userId', NEW.caller_id, 'otomoId', NEW.callee_id, 'status', NEW.status,
      'reason', NEW.end_reason, 'requestedAt', iso (NEW.requested_at), 'connectedAt', iso (NEW.started_at),
      'endedAt', iso (NEW.ended_at), 'totalSeconds', NEW.total_seconds, 'unitsCharged', NEW.units_charged,
      'totalCharged', NEW.total_charged, 'totalRefunded', NEW.total_refunded,
      'earned', (SELECT coalesce (sum (amount), 0) FROM transfers WHERE call_id = NEW.call_id AND kind = 'share')));
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER calls_tell_beginning AFTER UPDATE OF status ON calls FOR EACH ROW
  WHEN (OLD.started_at IS NULL AND NEW.started_at IS NOT NULL) EXECUTE FUNCTION webhook_of_call ();
CREATE TRIGGER calls_tell_end AFTER UPDATE OF status ON calls FOR EACH ROW
  WHEN (OLD.status NOT IN ('ended', 'failed') AND NEW.status IN ('ended', 'failed')) EXECUTE FUNCTION webhook_of_call ();

-- Each time that a wallet falls below the mark.
CREATE FUNCTION webhook_of_wallet () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  mark bigint := (SELECT wallet_low_points FROM webhook_rules);
BEGIN
  IF OLD.balance >= mark AND NEW.balance < mark THEN
    PERFORM put_webhook ('wallet.low', NULL, now (),
      json_build_object ('userId', NEW.owner, 'balance', NEW.balance, 'mark', mark));
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER accounts_tell_low AFTER UPDATE OF balance ON accounts FOR EACH ROW
  WHEN (NEW.kind = 'wallet' AND NEW.balance < OLD.balance) EXECUTE FUNCTION webhook_of_wallet ();

-- Sending --------------------------------------------------------------------------------------------------------

-- What is due, at most so much, is this claim's for so long; asked again, the same is answered. What was concluded long ago
-- is forgotten on the way, a little each time.
CREATE FUNCTION claim_webhooks (the_claim text, at_most integer, hold_seconds integer)
RETURNS TABLE (id text, type text, body text, tries integer)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM webhooks WHERE number IN (
    SELECT number FROM webhooks
      WHERE state <> 'waiting' AND concluded_at < now () - (SELECT keep_days FROM webhook_rules) * interval '1 day'
      ORDER BY concluded_at LIMIT 100 FOR UPDATE SKIP LOCKED);
  IF NOT EXISTS (SELECT FROM webhooks WHERE claim = the_claim) THEN
    UPDATE webhooks
      SET claim = the_claim, tries = webhooks.tries + 1, next_try_at = now () + hold_seconds * interval '1 second'
      WHERE number IN (
        SELECT number FROM webhooks WHERE state = 'waiting' AND next_try_at <= now ()
          ORDER BY next_try_at, number LIMIT at_most FOR NO KEY UPDATE SKIP LOCKED);
  END IF;
  RETURN QUERY SELECT webhooks.id, webhooks.type, webhooks.body, webhooks.tries
    FROM webhooks WHERE claim = the_claim AND state = 'waiting' ORDER BY number;
END $$;

-- What came of a try. A late word of an older claim counts only when it is good.
CREATE FUNCTION conclude_webhook (the_id text, the_claim text, verdict text, the_status integer, the_error text,
  pause_us bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE webhooks
    SET state = CASE verdict WHEN 'again' THEN 'waiting' ELSE verdict END,
      claim = NULL, last_status = nullif (the_status, 0), last_error = left (the_error, 300),
      concluded_at = CASE WHEN verdict <> 'again' THEN now () END,
      next_try_at = now () + pause_us * interval '1 microsecond'
    WHERE id = the_id AND state = 'waiting' AND (claim = the_claim OR verdict = 'sent')
$$;

-- The operator ---------------------------------------------------------------------------------------------------

CREATE FUNCTION webhooks_json (the_state text, at_most integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce (json_agg (line), '[]')
    FROM (SELECT id, type, state, tries, created_at, CASE WHEN state = 'waiting' THEN next_try_at END AS next_try_at,
              concluded_at, last_status, last_error, body::json AS body
            FROM webhooks WHERE the_state IS NULL OR state = the_state
            ORDER BY number DESC LIMIT at_most) AS line
$$;

-- Once more, from the first try on: one of them, or all that are dead. How many.
CREATE FUNCTION retry_webhooks (which text) RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  n integer;
BEGIN
  UPDATE webhooks SET state = 'waiting', concluded_at = NULL, claim = NULL, tries = 0, next_try_at = now ()
    WHERE CASE WHEN which = 'dead' THEN state = 'dead' ELSE id = which END;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n = 0 AND which <> 'dead' THEN
    RAISE EXCEPTION 'there is no webhook %', which USING ERRCODE = 'OT404';
  END IF;
  RETURN json_build_object ('retried', n);
END $$;

CREATE FUNCTION test_webhook () RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM webhook_rules) THEN
    RAISE EXCEPTION 'this server sends no webhooks: webhook.url is not set' USING ERRCODE = 'OT409';
  END IF;
  RETURN json_build_object ('id', put_webhook ('test', NULL, now (), json_build_object ('message', 'It works')));
END $$;
