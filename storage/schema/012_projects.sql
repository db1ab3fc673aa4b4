-- What people plan: projects, their components and tasks, and which component waits for which. A row's
-- `version` counts its changes and is its ETag. The sizes that projects/ checks in words are checked here
-- once more, so that no other way of writing gets past them.
CREATE TABLE projects (
  id               uuid        PRIMARY KEY,
  key              text        NOT NULL CONSTRAINT projects_key UNIQUE CHECK (key ~ '^[A-Z][A-Z0-9]{1,9}$'),
  title            text        NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  description      text        NOT NULL CHECK (char_length(description) <= 20000),
  status           text        NOT NULL CONSTRAINT projects_status
                   CHECK (status IN ('planned', 'active', 'paused', 'completed', 'cancelled')),
  priority         smallint    NOT NULL CHECK (priority BETWEEN 0 AND 4),  -- 0 none, 1 low ... 4 urgent
  owner            text        CHECK (char_length(owner) BETWEEN 1 AND 200),
  labels           text[]      NOT NULL CHECK (cardinality(labels) <= 50),
  due_at           timestamptz,
  metadata         jsonb       NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
  version          bigint      NOT NULL CHECK (version > 0),
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  started_at       timestamptz,
  completed_at     timestamptz,
  archived_at      timestamptz,
  last_task_number integer     NOT NULL DEFAULT 0 CHECK (last_task_number >= 0),
  search           tsvector    NOT NULL GENERATED ALWAYS AS (
                   setweight(to_tsvector('simple', key || ' ' || title), 'A') ||
                   setweight(to_tsvector('simple', description), 'B')) STORED
);
CREATE INDEX projects_search ON projects USING gin (search);
CREATE INDEX projects_labels ON projects USING gin (labels);
CREATE INDEX projects_updated ON projects (updated_at, id);
CREATE INDEX projects_created ON projects (created_at, id);

CREATE TABLE components (
  id           uuid        PRIMARY KEY,
  project_id   uuid        NOT NULL REFERENCES projects,
  slug         text        NOT NULL CHECK (slug ~ '^[a-z][a-z0-9-]{0,62}$'),
  title        text        NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  description  text        NOT NULL CHECK (char_length(description) <= 20000),
  status       text        NOT NULL CONSTRAINT components_status
               CHECK (status IN ('planned', 'in_progress', 'done', 'cancelled')),
  priority     smallint    NOT NULL CHECK (priority BETWEEN 0 AND 4),
  owner        text        CHECK (char_length(owner) BETWEEN 1 AND 200),
  labels       text[]      NOT NULL CHECK (cardinality(labels) <= 50),
  estimate     integer     CHECK (estimate BETWEEN 0 AND 1000000),  -- in the team's unit: points, hours
  due_at       timestamptz,
  position     text        NOT NULL COLLATE "C" CHECK (position ~ '^[0-9A-Za-z]{1,200}$'),
  metadata     jsonb       NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
  version      bigint      NOT NULL CHECK (version > 0),
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  started_at   timestamptz,
  completed_at timestamptz,
  archived_at  timestamptz,
  search       tsvector    NOT NULL GENERATED ALWAYS AS (
               setweight(to_tsvector('simple', slug || ' ' || title), 'A') ||
               setweight(to_tsvector('simple', description), 'B')) STORED,
  CONSTRAINT components_slug UNIQUE (project_id, slug),
  UNIQUE (project_id, id)  -- for keys that must not leave the project
);
CREATE INDEX components_search ON components USING gin (search);
CREATE INDEX components_labels ON components USING gin (labels);
CREATE INDEX components_position ON components (project_id, position, id);
CREATE INDEX components_updated ON components (updated_at, id);

-- component_id waits for depends_on. Within one project, and never in a circle: whoever adds one holds
-- the project's row.
CREATE TABLE component_dependencies (
  project_id   uuid        NOT NULL,
  component_id uuid        NOT NULL,
  depends_on   uuid        NOT NULL,
  created_at   timestamptz NOT NULL,
  created_by   text        NOT NULL,
  PRIMARY KEY (component_id, depends_on),
  CHECK (component_id <> depends_on),
  FOREIGN KEY (project_id, component_id) REFERENCES components (project_id, id) ON DELETE CASCADE,
  FOREIGN KEY (project_id, depends_on) REFERENCES components (project_id, id) ON DELETE CASCADE
);
CREATE INDEX component_dependencies_component ON component_dependencies (project_id, component_id);
CREATE INDEX component_dependencies_on ON component_dependencies (project_id, depends_on);

CREATE TABLE tasks (
  id           uuid        PRIMARY KEY,
  project_id   uuid        NOT NULL REFERENCES projects,
  component_id uuid,
  parent_id    uuid,
  number       integer     NOT NULL CHECK (number > 0),  -- KEY-number is what people call it
  title        text        NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  description  text        NOT NULL CHECK (char_length(description) <= 20000),
  status       text        NOT NULL CONSTRAINT tasks_status
               CHECK (status IN ('todo', 'in_progress', 'blocked', 'done', 'cancelled')),
  priority     smallint    NOT NULL CHECK (priority BETWEEN 0 AND 4),
  assignee     text        CHECK (char_length(assignee) BETWEEN 1 AND 200),
  labels       text[]      NOT NULL CHECK (cardinality(labels) <= 50),
  estimate     integer     CHECK (estimate BETWEEN 0 AND 1000000),
  progress     smallint    NOT NULL CHECK (progress BETWEEN 0 AND 100),
  due_at       timestamptz,
  position     text        NOT NULL COLLATE "C" CHECK (position ~ '^[0-9A-Za-z]{1,200}$'),
  metadata     jsonb       NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
  version      bigint      NOT NULL CHECK (version > 0),
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  started_at   timestamptz,
  completed_at timestamptz,
  archived_at  timestamptz,
  search       tsvector    NOT NULL GENERATED ALWAYS AS (
               setweight(to_tsvector('simple', title), 'A') ||
               setweight(to_tsvector('simple', description), 'B')) STORED,
  CONSTRAINT tasks_number UNIQUE (project_id, number),
  UNIQUE (project_id, id),
  CONSTRAINT tasks_component FOREIGN KEY (project_id, component_id) REFERENCES components (project_id, id),
  CONSTRAINT tasks_parent FOREIGN KEY (project_id, parent_id) REFERENCES tasks (project_id, id),
  CHECK (parent_id <> id)
);
CREATE INDEX tasks_search ON tasks USING gin (search);
CREATE INDEX tasks_labels ON tasks USING gin (labels);
CREATE INDEX tasks_position ON tasks (project_id, position, id);
CREATE INDEX tasks_component_id ON tasks (project_id, component_id) WHERE component_id IS NOT NULL;
CREATE INDEX tasks_parent_id ON tasks (project_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX tasks_status_of ON tasks (project_id, status);
CREATE INDEX tasks_assignee ON tasks (assignee, status) WHERE assignee IS NOT NULL;
CREATE INDEX tasks_updated ON tasks (updated_at, id);
