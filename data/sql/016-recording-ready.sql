-- recording.ready: a file is complete and on disk.

CREATE FUNCTION webhook_of_recording () RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM webhook_rules) THEN
    PERFORM put_webhook ('recording.ready', NEW.node_id || '/' || NEW.path, NEW.concluded_at, (
      SELECT json_build_object ('callId', call_id, 'userId', caller_id, 'otomoId', callee_id, 'node', NEW.node_id,
          'path', NEW.path, 'startedAt', iso (NEW.started_at), 'offsetMs', NEW.offset_ms, 'lengthMs', NEW.length_ms,
          'bytes', NEW.bytes, 'sha256', NEW.sha256, 'message', NEW.message)
        FROM calls WHERE call_id = NEW.call_id));
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER recordings_tell_ready AFTER UPDATE OF state ON recordings FOR EACH ROW
  WHEN (OLD.state <> 'ready' AND NEW.state = 'ready') EXECUTE FUNCTION webhook_of_recording ();
