-- Who follows the journal, and how far. Everything up to (position, batch_index) is settled: handled,
-- or waiting in consumer_deliveries, or a dead letter.
CREATE TABLE consumers (
  name         text        PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_.-]{0,62}$'),
  lock_key     integer     GENERATED ALWAYS AS IDENTITY UNIQUE,  -- of its advisory lock
  position     bigint      NOT NULL CHECK (position >= 0),
  batch_index  integer     NOT NULL CHECK (batch_index >= -1),  -- 2147483647: the whole batch
  topic_prefix text        NOT NULL,  -- only these topics; empty: all
  kinds        text[]      NOT NULL,  -- only these kinds; empty: all
  created_at   timestamptz NOT NULL,
  moved_at     timestamptz NOT NULL
);

-- Deliveries that wait for their time: they failed and may pass later, or a replay ordered them.
CREATE TABLE consumer_deliveries (
  consumer      text        NOT NULL REFERENCES consumers ON DELETE CASCADE,
  event_id      uuid        NOT NULL,
  occurred_at   timestamptz NOT NULL,
  attempts      integer     NOT NULL CHECK (attempts >= 0),
  next_attempt  timestamptz NOT NULL,
  first_failure timestamptz,          -- these four: null before the first attempt
  last_failure  timestamptz,
  code          text,
  detail        text,
  job           bigint,               -- the replay job that ordered it
  topic         text        NOT NULL,
  event         text        NOT NULL, -- the native envelope, so that retention can't take it away
  PRIMARY KEY (consumer, event_id, occurred_at)
);
CREATE INDEX consumer_deliveries_due ON consumer_deliveries (consumer, next_attempt);
