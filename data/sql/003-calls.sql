-- Calls, what happened in them, and what proved that they were spoken.

CREATE TABLE calls (
  call_id text PRIMARY KEY CHECK (call_id ~ '^[A-Za-z0-9_.:-]{1,64}$'),
  caller_id text NOT NULL REFERENCES users,
  callee_id text NOT NULL REFERENCES users,
  status text NOT NULL CHECK (status IN ('ringing', 'accepted', 'in_call', 'reconnecting', 'ended', 'failed')),
  live boolean NOT NULL GENERATED ALWAYS AS (status NOT IN ('ended', 'failed')) STORED,
  price_per_unit bigint NOT NULL CHECK (price_per_unit > 0),
  share_percent integer NOT NULL CHECK (share_percent BETWEEN 0 AND 100),
  unit_seconds integer NOT NULL CHECK (unit_seconds > 0),
  charge text NOT NULL DEFAULT 'advance' CHECK (charge IN ('advance', 'arrears')),
  partial_unit text NOT NULL DEFAULT 'charge' CHECK (partial_unit IN ('charge', 'free', 'pro_rata')),
  requested_at timestamptz NOT NULL,
  accepted_at timestamptz,
  started_at timestamptz,
  started_mono_us bigint,
  media_alive_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  total_seconds bigint CHECK (total_seconds >= 0),
  units_charged integer NOT NULL DEFAULT 0 CHECK (units_charged >= 0),
  total_charged bigint NOT NULL DEFAULT 0 CHECK (total_charged >= 0),
  rest_unit integer CHECK (rest_unit = units_charged),
  total_refunded bigint NOT NULL DEFAULT 0 CHECK (total_refunded >= 0),
  node_id text NOT NULL,
  CONSTRAINT calls_over_has_an_end CHECK (
    live = (ended_at IS NULL) AND live = (end_reason IS NULL) AND live = (total_seconds IS NULL)),
  CONSTRAINT calls_in_order CHECK (accepted_at >= requested_at AND started_at >= accepted_at
    AND ended_at >= coalesce(started_at, requested_at)),
  CONSTRAINT calls_started_or_not CHECK (started_at IS NOT NULL OR status NOT IN ('in_call', 'reconnecting', 'ended'))
) WITH (fillfactor = 60); -- room for HOT updates: a row changes with each unit and each second
COMMENT ON COLUMN calls.started_mono_us IS 'started_at on the monotonic clock of the node: the zero of the units';
COMMENT ON COLUMN calls.media_alive_at IS 'the last instant at which the media is known to have run: where a crash ends the call';
COMMENT ON COLUMN calls.rest_unit IS 'in arrears: the unit that the end cut, if it cost anything';
COMMENT ON COLUMN calls.total_charged IS 'what the caller paid: all units charged less total_refunded';

-- Nobody in two live calls.
CREATE UNIQUE INDEX calls_one_a_caller ON calls (caller_id) WHERE live;
CREATE UNIQUE INDEX calls_one_a_callee ON calls (callee_id) WHERE live;
CREATE INDEX calls_requested_at ON calls (requested_at);

ALTER TABLE transfers ADD CONSTRAINT transfers_call FOREIGN KEY (call_id) REFERENCES calls;

-- The log of everything that was asked of a call and became of it, refusals included; those may be about calls that never
-- were, so call_id refers to nothing. A record that is written again leaves no second row.
CREATE TABLE call_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id text,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  event text NOT NULL,
  from_state text,
  to_state text,
  detail text,
  CONSTRAINT call_events_once UNIQUE NULLS NOT DISTINCT (call_id, at, event, actor, from_state, to_state, detail)
);

CREATE TRIGGER call_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON call_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse ('the log is append-only');

CREATE TABLE call_evidence (
  call_id text NOT NULL REFERENCES calls,
  side text NOT NULL CHECK (side IN ('caller', 'callee')),
  ssrc bigint CHECK (ssrc BETWEEN 0 AND 4294967295),
  first_sequence integer CHECK (first_sequence BETWEEN 0 AND 65535),
  first_at timestamptz,
  first_mono_us bigint,
  packet_count bigint NOT NULL CHECK (packet_count >= 0),
  PRIMARY KEY (call_id, side)
);
COMMENT ON TABLE call_evidence IS 'the authenticated RTP seen of each side when unit 1 was charged; NULL: nothing yet';
