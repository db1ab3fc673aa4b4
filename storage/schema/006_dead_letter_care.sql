-- What people do about dead letters. `raw` stays what was delivered; a person's correction stands
-- beside it and is what a replay sends. Retries wait in consumer_deliveries, not here.
ALTER TABLE dlq_events
  ADD COLUMN schema_version integer,  -- of the schema that was broken
  ADD COLUMN consumer       text,     -- whose delivery failed; null: the pipeline refused it
  ADD COLUMN edited         bytea,
  DROP COLUMN next_retry,
  DROP CONSTRAINT dlq_events_status,
  ADD CONSTRAINT dlq_events_status CHECK (status IN ('open', 'replayed', 'discarded'));

CREATE TABLE dlq_history (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delivery_hash bytea       NOT NULL REFERENCES dlq_events ON DELETE CASCADE,
  at            timestamptz NOT NULL,
  actor         text        NOT NULL,
  action        text        NOT NULL
                CHECK (action IN ('edited', 'discarded', 'reopened', 'replayed', 'replay_failed')),
  detail        text        NOT NULL,
  job           bigint                -- the replay job that did it
);
CREATE INDEX dlq_history_of ON dlq_history (delivery_hash, id);
