-- The truth: what should be. What is (containers, routes) is observed and never stored.

CREATE TABLE IF NOT EXISTS apps (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused
  name            TEXT NOT NULL UNIQUE,
  stack           TEXT,                               -- asked for by the user; null: the buildpack chooses
  live_release    INTEGER,                            -- these two are written by one statement only: the flip
  live_deployment INTEGER,
  created_at      TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS domains (
  host   TEXT PRIMARY KEY,
  app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS formation (
  app_id       INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  process_type TEXT NOT NULL,
  quantity     INTEGER NOT NULL CHECK (quantity >= 0),
  PRIMARY KEY (app_id, process_type)
);

CREATE TABLE IF NOT EXISTS builds (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  app_id      INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  commit_id   TEXT NOT NULL,
  status      TEXT NOT NULL,                          -- running, then one of succeeded, failed, lost
  error       TEXT,
  started_at  TEXT NOT NULL,
  finished_at TEXT
);

CREATE TABLE IF NOT EXISTS slugs (
  app_id        INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  id            TEXT NOT NULL,                        -- image id
  image         TEXT NOT NULL,
  commit_id     TEXT NOT NULL,
  stack         TEXT NOT NULL,
  stack_image   TEXT NOT NULL,
  buildpacks    TEXT NOT NULL,                        -- JSON
  process_types TEXT NOT NULL,                        -- JSON
  mounts        TEXT NOT NULL,                        -- JSON
  healthchecks  TEXT,                                 -- JSON
  size          INTEGER NOT NULL,
  created_at    TEXT NOT NULL,
  PRIMARY KEY (app_id, id)
);

-- Immutable: whether a release succeeded is known from its deployments.
CREATE TABLE IF NOT EXISTS releases (
  app_id      INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  slug_id     TEXT,
  config_vars TEXT NOT NULL,                          -- JSON
  description TEXT NOT NULL,
  user        TEXT NOT NULL,
  created_at  TEXT NOT NULL,
  PRIMARY KEY (app_id, number)
);

-- The journal. A deployment puts one release (new, or the live one again for a restart) into fresh dynos.
CREATE TABLE IF NOT EXISTS deployments (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  app_id      INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  release     INTEGER NOT NULL,
  step        TEXT NOT NULL,
  error       TEXT,
  started_at  TEXT NOT NULL,
  deadline    TEXT,                                   -- of the step under way
  finished_at TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS one_deployment_per_app ON deployments(app_id) WHERE finished_at IS NULL;
CREATE INDEX IF NOT EXISTS deployments_of_release ON deployments(app_id, release);

CREATE TABLE IF NOT EXISTS tokens (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user       TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE,                    -- SHA-256 of the token, which is 256 random bits
  created_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
);
