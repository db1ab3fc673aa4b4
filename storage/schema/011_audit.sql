-- Who did what, on what, from where. A row is inserted in the transaction of what it tells of;
-- within a second one node gives it its place in the chain (position, mac, link), under a key that
-- is not in the database. Chaining in each transaction would let all of them wait for each other.
CREATE TABLE auth_audit_log (
  id         uuid        PRIMARY KEY,
  at         timestamptz NOT NULL,
  action     text        NOT NULL CHECK (action ~ '^[a-z][a-z_]{2,49}$'),
  result     text        NOT NULL
             CONSTRAINT auth_audit_log_result CHECK (result IN ('ok', 'denied', 'failed')),
  actor      text        NOT NULL CHECK (octet_length(actor) <= 500),
  actor_id   uuid,
  target     text        NOT NULL CHECK (octet_length(target) <= 500),
  before     json,       -- json keeps the text as it was recorded, jsonb does not
  after      json,
  address    text        NOT NULL CHECK (octet_length(address) <= 300),
  request_id text        NOT NULL CHECK (octet_length(request_id) <= 500),
  detail     text        NOT NULL CHECK (octet_length(detail) <= 2000),
  position   bigint      UNIQUE CHECK (position > 0),
  mac        bytea       CHECK (octet_length(mac) = 32),
  link       bytea       CHECK (octet_length(link) = 32),
  CHECK ((position IS NULL) = (mac IS NULL) AND (position IS NULL) = (link IS NULL))
);
CREATE INDEX auth_audit_log_at ON auth_audit_log (at);
CREATE INDEX auth_audit_log_actor ON auth_audit_log (actor, at);
CREATE INDEX auth_audit_log_unchained ON auth_audit_log (at, id) WHERE position IS NULL;

-- Where the chain ends: one row.
CREATE TABLE audit_head (
  one      boolean     PRIMARY KEY CHECK (one),
  position bigint      NOT NULL,
  link     bytea       NOT NULL CHECK (octet_length(link) = 32),
  at       timestamptz NOT NULL
);
INSERT INTO audit_head VALUES (true, 0, decode(repeat('00', 32), 'hex'), now());

-- What was recorded stays. This stops accidents and statements that somebody smuggled in; whoever
-- owns the table can take it away, and the chain tells.
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.position IS NULL AND
     (OLD.id, OLD.at, OLD.action, OLD.result, OLD.actor, OLD.actor_id, OLD.target, OLD.before::text,
      OLD.after::text, OLD.address, OLD.request_id, OLD.detail) IS NOT DISTINCT FROM
     (NEW.id, NEW.at, NEW.action, NEW.result, NEW.actor, NEW.actor_id, NEW.target, NEW.before::text,
      NEW.after::text, NEW.address, NEW.request_id, NEW.detail) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON auth_audit_log
  FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_stays_whole BEFORE TRUNCATE ON auth_audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
