-- What TaylorDash itself has to say: put here in the transaction that it tells of, published to the
-- broker from here, and kept until its row is seen in the mirror or among the dead letters. The bytes
-- are fixed when they are written, so whatever is sent twice is stored once.
CREATE TABLE outbox_events (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id      uuid        NOT NULL,
  occurred_at   timestamptz NOT NULL,
  entity        uuid,                  -- events of one entity go out one after the other; null: any order
  state         text        NOT NULL CONSTRAINT outbox_events_state
                CHECK (state IN ('pending', 'published', 'confirmed', 'dead_lettered')),
  attempts      integer     NOT NULL CHECK (attempts >= 0),  -- PUBACKs that were written down
  kind          text        NOT NULL,
  topic         text        NOT NULL,
  body          text        NOT NULL,  -- the whole envelope
  delivery_hash bytea       NOT NULL CHECK (octet_length(delivery_hash) = 32),  -- as in dlq_events
  created_at    timestamptz NOT NULL,
  published_at  timestamptz,           -- of the last PUBACK
  settled_at    timestamptz,           -- confirmed, or dead-lettered
  CONSTRAINT outbox_events_event UNIQUE (event_id, occurred_at),
  CHECK ((settled_at IS NOT NULL) = (state IN ('confirmed', 'dead_lettered')))
);
CREATE INDEX outbox_events_pending ON outbox_events (id) WHERE state = 'pending';
CREATE INDEX outbox_events_published ON outbox_events (id) WHERE state = 'published';
CREATE INDEX outbox_events_dead ON outbox_events (id) WHERE state = 'dead_lettered';
CREATE INDEX outbox_events_waiting ON outbox_events (entity, id) WHERE state IN ('pending', 'published');
CREATE INDEX outbox_events_settled ON outbox_events (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX outbox_events_of ON outbox_events (entity, occurred_at);
