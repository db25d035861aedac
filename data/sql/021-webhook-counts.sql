-- How many webhooks there are in the states that an operator watches (the metric otomo_webhooks).

CREATE INDEX webhooks_dead ON webhooks (number) WHERE state = 'dead';

CREATE FUNCTION count_webhooks (OUT waiting bigint, OUT due bigint, OUT dead bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (SELECT count (*) FROM webhooks WHERE state = 'waiting'),
    (SELECT count (*) FROM webhooks WHERE state = 'waiting' AND next_try_at <= now ()),
    (SELECT count (*) FROM webhooks WHERE state = 'dead')
$$;
