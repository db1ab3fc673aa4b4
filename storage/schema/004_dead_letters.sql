-- What could not be stored, with its reason and its raw bytes. The key is
-- SHA-256(topic || 0x00 || raw): a bad event that is delivered again raises attempts.
CREATE TABLE dlq_events (
  delivery_hash bytea       PRIMARY KEY CHECK (octet_length(delivery_hash) = 32),
  first_failure timestamptz NOT NULL,
  last_failure  timestamptz NOT NULL,
  next_retry    timestamptz,             -- null: waits for a person
  batch_id      bigint      NOT NULL,    -- of the last failure, as are lane and the reason
  lane          integer     NOT NULL,
  attempts      integer     NOT NULL CHECK (attempts > 0),
  status        text        NOT NULL CONSTRAINT dlq_events_status
                CHECK (status IN ('open', 'retrying', 'exhausted', 'replayed', 'discarded')),
  stage         text        NOT NULL,    -- scan, envelope, schema, mirror
  code          text        NOT NULL,    -- an errc's name
  detail        text        NOT NULL,
  pointer       text        NOT NULL,    -- RFC 6901; empty for the whole document
  fingerprint   text        NOT NULL,    -- same stage, code and place: one group
  topic         text        NOT NULL,    -- bytes that are no UTF-8 replaced by U+FFFD
  event_id      uuid,                    -- these four where the envelope was sound
  occurred_at   timestamptz,
  kind          text,
  source        text,
  raw           bytea       NOT NULL
);

CREATE INDEX dlq_events_last_failure ON dlq_events (last_failure);
CREATE INDEX dlq_events_fingerprint ON dlq_events (fingerprint);
CREATE INDEX dlq_events_next_retry ON dlq_events (next_retry) WHERE status = 'retrying';
