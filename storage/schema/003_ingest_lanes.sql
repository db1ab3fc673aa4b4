-- The numbered lanes of the deployment. A lane's lease is an advisory lock, not a column: it ends
-- with the connection of its owner. The MQTT client id follows from deployment.id and the slot.
CREATE TABLE ingest_lanes (
  slot       integer     PRIMARY KEY CHECK (slot > 0),
  ordered    boolean     NOT NULL,  -- subscribes plainly and alone: broker order is kept
  retiring   boolean     NOT NULL,  -- to be drained, ended at the broker and deleted
  created_at timestamptz NOT NULL
);

-- Order means one lane for the whole deployment.
CREATE UNIQUE INDEX ingest_lanes_one_ordered ON ingest_lanes (ordered) WHERE ordered AND NOT retiring;
