-- The invariants one after the other, so that who waits sees how far the audit is: each is told (OT100) when it is checked. The
-- function is STABLE: all its queries see the snapshot of the statement that called it.

CREATE VIEW violations_of_charges AS -- 5
  SELECT * FROM violations_of_total UNION ALL SELECT * FROM violations_of_price;

CREATE OR REPLACE FUNCTION audit_json () RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  invariants CONSTANT text[] := ARRAY['balance', 'wallet', 'units', 'time', 'charges', 'end'];
  more json[];
  broken json[] := '{}';
BEGIN
  FOR number IN 1..cardinality (invariants) LOOP
    EXECUTE format ('SELECT array_agg (to_json (line)) FROM (SELECT * FROM %I ORDER BY subject LIMIT $1) AS line',
        'violations_of_' || invariants[number])
      INTO more USING 10000 - cardinality (broken);
    broken := broken || more;
    RAISE INFO '%', number USING ERRCODE = 'OT100';
  END LOOP;
  RETURN array_to_json (broken);
END $$;
