-- Durable jobs that send dead letters, or events of the mirror, once more.
CREATE TABLE replay_jobs (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source      text        NOT NULL CHECK (source IN ('dead_letters', 'mirror')),
  target      text        NOT NULL CHECK (target IN ('pipeline', 'consumer')),
  consumer    text,                   -- of the target
  filter      jsonb       NOT NULL,
  dry_run     boolean     NOT NULL,
  rate        integer     CHECK (rate > 0),  -- events a second; null: as fast as it goes
  state       text        NOT NULL CONSTRAINT replay_jobs_state CHECK (state IN
              ('waiting', 'running', 'paused', 'done', 'cancelled', 'failed')),
  cursor      text        NOT NULL,   -- everything up to here is settled; empty: nothing is
  total       bigint,                 -- matched when it began
  passed      bigint      NOT NULL,   -- stored now (dry run: would be)
  duplicate   bigint      NOT NULL,   -- were stored already
  refused     bigint      NOT NULL,   -- failed again
  reasons     jsonb       NOT NULL,   -- why: code, pointer, count, sample
  error       text        NOT NULL,   -- why it failed, or waits; empty: nothing is wrong
  created_at  timestamptz NOT NULL,
  created_by  text        NOT NULL,
  started_at  timestamptz,
  finished_at timestamptz,
  CHECK ((target = 'consumer') = (consumer IS NOT NULL))
);
CREATE INDEX replay_jobs_live ON replay_jobs (id) WHERE state IN ('waiting', 'running', 'paused');

CREATE TABLE replay_audit (
  id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job    bigint      NOT NULL REFERENCES replay_jobs ON DELETE CASCADE,
  at     timestamptz NOT NULL,
  actor  text        NOT NULL,
  action text        NOT NULL CHECK (action IN
         ('created', 'started', 'paused', 'resumed', 'cancelled', 'finished', 'failed')),
  detail text        NOT NULL
);
CREATE INDEX replay_audit_of ON replay_audit (job, id);
