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

-- What the settings of the services say: for commands that have no settings at hand.
CREATE TABLE retention_defaults (
  one               boolean     PRIMARY KEY CHECK (one),
  events_days       integer     NOT NULL CHECK (events_days > 0),
  dead_letter_hours integer     NOT NULL CHECK (dead_letter_hours > 0),
  noted_at          timestamptz NOT NULL
);

-- Closed days from which the events of some policies are gone while others stay, so that nobody
-- counts them again until the rules change, or late events have come.
CREATE TABLE retention_swept_days (
  day      date   PRIMARY KEY,
  rules    text   NOT NULL,  -- which events had expired, as a condition
  position bigint NOT NULL   -- of the journal: everything up to here was looked at
);
