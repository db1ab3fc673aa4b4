-- Who may use the service. Names and roles as identity/ has them; nothing here can be used to sign
-- in: passwords and tokens are hashes, private halves of signing keys and TOTP secrets are sealed
-- with a key that is not in the database.
CREATE TABLE users (
  id                  uuid        PRIMARY KEY,
  name                text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._@+-]{1,63}$'),
  role                text        NOT NULL
                      CONSTRAINT users_role CHECK (role IN ('viewer', 'operator', 'admin')),
  password_hash       text        NOT NULL,  -- argon2id, PHC string
  password_changed_at timestamptz NOT NULL,
  totp_sealed         bytea,                 -- null: no authenticator
  totp_since          timestamptz,           -- null: not confirmed yet
  totp_last_step      bigint      NOT NULL DEFAULT 0,  -- no code of this step or before is taken
  recovery_hashes     bytea[]     NOT NULL DEFAULT '{}',
  disabled_at         timestamptz,
  last_login_at       timestamptz,
  created_at          timestamptz NOT NULL,
  created_by          text        NOT NULL,
  metadata            jsonb       NOT NULL DEFAULT '{}',
  CHECK (totp_since IS NULL OR totp_sealed IS NOT NULL)
);

-- A login, and the family of refresh tokens that goes back to it.
CREATE TABLE user_sessions (
  id           uuid        PRIMARY KEY,
  user_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at   timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,  -- of a refresh
  expires_at   timestamptz NOT NULL,  -- whatever is refreshed
  address      text        NOT NULL,
  user_agent   text        NOT NULL CHECK (octet_length(user_agent) <= 2000),
  cookie       boolean     NOT NULL,  -- a browser's
  second_factor boolean    NOT NULL,
  revoked_at   timestamptz,
  revoked_why  text        CONSTRAINT user_sessions_why CHECK (revoked_why IN
               ('logout', 'revoked', 'reuse', 'password', 'disabled')),
  CHECK ((revoked_at IS NULL) = (revoked_why IS NULL))
);
CREATE INDEX user_sessions_of ON user_sessions (user_id, created_at);
CREATE INDEX user_sessions_end ON user_sessions (expires_at);

CREATE TABLE refresh_tokens (
  hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
  session_id uuid        NOT NULL REFERENCES user_sessions ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  rotated_at timestamptz             -- when its successor took its place
);
CREATE INDEX refresh_tokens_of ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_end ON refresh_tokens (expires_at);

CREATE TABLE api_keys (
  id             uuid        PRIMARY KEY,
  prefix         text        NOT NULL UNIQUE CHECK (prefix ~ '^[0-9A-Za-z]{8}$'),
  hash           bytea       NOT NULL CHECK (octet_length(hash) = 32),
  name           text        NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 200),
  owner_id       uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
  scopes         text[]      NOT NULL CHECK (cardinality(scopes) > 0),
  created_at     timestamptz NOT NULL,
  created_by     text        NOT NULL,
  expires_at     timestamptz,           -- null: never
  revoked_at     timestamptz,
  revoked_by     text,
  last_used_at   timestamptz,           -- to the minute
  last_used_from text,
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX api_keys_of ON api_keys (owner_id);

CREATE TABLE signing_keys (
  kid          text        PRIMARY KEY CHECK (kid ~ '^[0-9A-Za-z_-]{43}$'),
  public_key   bytea       NOT NULL CHECK (octet_length(public_key) = 32),
  sealed_seed  bytea       NOT NULL,
  published_at timestamptz NOT NULL,
  signs_from   timestamptz NOT NULL
);

-- Failed logins in a row, for each pair of account and address; also of accounts that do not exist.
CREATE TABLE login_failures (
  account        text        NOT NULL,
  address        text        NOT NULL,
  failures       integer     NOT NULL CHECK (failures > 0),
  last_failed_at timestamptz NOT NULL,
  locked_until   timestamptz NOT NULL,
  PRIMARY KEY (account, address)
);
CREATE INDEX login_failures_age ON login_failures (last_failed_at);

-- Every node hears at once that something which it may have cached holds no longer, whoever changed
-- it: a node, a command, a person with psql.
CREATE FUNCTION identity_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('taylordash_identity', TG_ARGV[0] || ' ' || coalesce(NEW.id, OLD.id));
  RETURN NULL;
END $$;
CREATE TRIGGER users_changed AFTER UPDATE OF role, disabled_at, name OR DELETE ON users
  FOR EACH ROW EXECUTE FUNCTION identity_changed('user');
CREATE TRIGGER user_sessions_changed
  AFTER UPDATE OF revoked_at, expires_at OR DELETE ON user_sessions
  FOR EACH ROW EXECUTE FUNCTION identity_changed('session');
CREATE TRIGGER api_keys_changed
  AFTER UPDATE OF hash, owner_id, scopes, expires_at, revoked_at OR DELETE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION identity_changed('key');
