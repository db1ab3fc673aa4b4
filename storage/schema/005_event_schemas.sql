-- JSON Schemas of payloads, by kind and version. Several versions of a kind may be active; the highest
-- of them judges events that name none. A body is kept as the text it was given as.
CREATE TABLE event_schemas (
  kind       text        NOT NULL CHECK (kind ~ '^[A-Za-z][A-Za-z0-9_.-]{0,99}$'),
  version    integer     NOT NULL CHECK (version > 0),
  state      text        NOT NULL CONSTRAINT event_schemas_state
             CHECK (state IN ('candidate', 'active', 'retired')),
  origin     text        NOT NULL CHECK (origin IN ('shipped', 'added')),
  body       text        NOT NULL,
  added_at   timestamptz NOT NULL,
  added_by   text        NOT NULL,
  changed_at timestamptz NOT NULL,  -- of the state
  changed_by text        NOT NULL,
  PRIMARY KEY (kind, version)
);

-- Counts the changes of event_schemas: one row, which every node looks at each second. Whoever has
-- this revision has them all.
CREATE TABLE event_schema_revision (
  one      boolean PRIMARY KEY CHECK (one),
  revision bigint  NOT NULL
);
INSERT INTO event_schema_revision VALUES (true, 1);

CREATE FUNCTION event_schemas_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE event_schema_revision SET revision = revision + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER event_schemas_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON event_schemas
  FOR EACH STATEMENT EXECUTE FUNCTION event_schemas_changed();

-- Who did what to which version.
CREATE TABLE event_schema_history (
  id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind    text        NOT NULL,
  version integer     NOT NULL,
  at      timestamptz NOT NULL,
  actor   text        NOT NULL,
  action  text        NOT NULL CHECK (action IN ('added', 'promoted', 'retired'))
);
CREATE INDEX event_schema_history_of ON event_schema_history (kind, version, id);

-- What candidates said of live events. Every node adds its counts every few seconds; what a killed
-- node had not added is missing here, and nowhere else.
CREATE TABLE schema_shadows (
  kind       text        NOT NULL,
  version    integer     NOT NULL,
  checked    bigint      NOT NULL CHECK (checked >= 0),
  failed     bigint      NOT NULL CHECK (failed >= 0),
  first_seen timestamptz NOT NULL,
  last_seen  timestamptz NOT NULL,
  PRIMARY KEY (kind, version),
  FOREIGN KEY (kind, version) REFERENCES event_schemas ON DELETE CASCADE
);
CREATE TABLE schema_shadow_failures (
  kind       text        NOT NULL,
  version    integer     NOT NULL,
  pointer    text        NOT NULL,  -- RFC 6901, array indices as *
  keyword    text        NOT NULL,
  failed     bigint      NOT NULL CHECK (failed > 0),
  first_seen timestamptz NOT NULL,
  last_seen  timestamptz NOT NULL,
  samples    jsonb       NOT NULL,  -- a few events: event_id, occurred_at, pointer, sentence
  PRIMARY KEY (kind, version, pointer, keyword),
  FOREIGN KEY (kind, version) REFERENCES schema_shadows ON DELETE CASCADE
);
