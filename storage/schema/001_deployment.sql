-- Who this deployment is: one row, made once. The id is part of every MQTT client id, so it has to
-- outlive every node and to travel with a dump of the database.
CREATE TABLE deployment (
  one        boolean     PRIMARY KEY CHECK (one),
  id         uuid        NOT NULL,
  created_at timestamptz NOT NULL
);

INSERT INTO deployment VALUES (true, gen_random_uuid(), now());
