-- Whoever uses the id of another call is refused, and every refusal is a row of the log; the answer of decide_request alone left
-- none.

CREATE OR REPLACE FUNCTION record_requested (moment call_moment, the_caller text, the_callee text, callee_online boolean,
  default_share integer, the_unit_seconds integer, the_charge text, the_partial_unit text, the_node text) RETURNS record_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer record_answer;
BEGIN
  -- There is no row yet that could be locked: its copies come one after the other all the same.
  PERFORM pg_advisory_xact_lock (hashtext ('otomo request ' || moment.call_id));
  SELECT detail INTO answer.outcome FROM call_events
    WHERE (call_id, at, event, actor) = (moment.call_id, moment.at, moment.event, moment.actor)
      AND from_state IS NULL AND to_state IS NULL -- as note_refusal writes it
      AND detail IN ('PERMISSION_DENIED', 'USER_NOT_FOUND', 'USER_OFFLINE', 'USER_BUSY', 'INSUFFICIENT_BALANCE');
  IF FOUND THEN
    RETURN answer;
  END IF;
  answer := decide_request (moment, the_caller, the_callee, callee_online, default_share, the_unit_seconds, the_charge,
    the_partial_unit, the_node);
  IF answer.outcome = 'DUPLICATE' THEN
    moment.to_state := NULL;
    moment.detail := 'DUPLICATE_CALL_ID';
    PERFORM note (moment);
  END IF;
  RETURN answer;
END $$;
