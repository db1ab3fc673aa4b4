-- How long what is kept, where it differs from the settings. The longest topic prefix wins, then the
-- one that names a kind.
CREATE TABLE retention_policies (
  what         text        NOT NULL CHECK (what IN ('events', 'dead_letters')),
  topic_prefix text        NOT NULL,  -- empty: all topics
  kind         text        NOT NULL,  -- empty: all kinds
  keep_days    integer     NOT NULL CHECK (keep_days BETWEEN 1 AND 36500),
  changed_at   timestamptz NOT NULL,
  changed_by   text        NOT NULL,
  PRIMARY KEY (what, topic_prefix, kind)
);

CREATE TABLE retention_runs (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  actor        text        NOT NULL,
  days_dropped integer     NOT NULL,
  events       bigint      NOT NULL,  -- deleted, those of dropped days included
  dead_letters bigint      NOT NULL,
  bytes        bigint      NOT NULL,  -- given back to the file system
  error        text        NOT NULL   -- empty: it went to its end
);
