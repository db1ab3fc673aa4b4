-- The journal summed up by the minute of the commit, for charts: maintenance adds to it from time to
-- time; what the journal has behind `position` is added by who reads.
CREATE TABLE journal_minutes (
  minute        timestamptz PRIMARY KEY,
  batches       bigint      NOT NULL,
  stored        bigint      NOT NULL,
  duplicate     bigint      NOT NULL,
  dead_lettered bigint      NOT NULL
);

CREATE TABLE journal_minutes_progress (
  one      boolean PRIMARY KEY CHECK (one),
  position bigint  NOT NULL  -- of the journal: everything up to here is in journal_minutes
);
INSERT INTO journal_minutes_progress VALUES (true, 0);
