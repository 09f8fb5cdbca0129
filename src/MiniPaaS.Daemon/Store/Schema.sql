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

CREATE INDEX IF NOT EXISTS domains_of_app ON domains(app_id);

CREATE TABLE IF NOT EXISTS formation (
  app_id       INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  process_type TEXT NOT NULL,
  quantity     INTEGER NOT NULL CHECK (quantity >= 0),
  PRIMARY KEY (app_id, process_type)
);

-- What the app is built with. One that was detected is found again with every push until the user says otherwise.
CREATE TABLE IF NOT EXISTS buildpacks (
  app_id    INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  ordinal   INTEGER NOT NULL,
  buildpack TEXT NOT NULL,                            -- as the user wrote it
  detected  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (app_id, ordinal)
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

CREATE INDEX IF NOT EXISTS builds_of_app ON builds(app_id);

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
-- Until 0.1 only the names of buildpacks were kept.
UPDATE slugs SET buildpacks = (
  SELECT json_group_array(json_object('Name', value, 'Pack', lower(value), 'Digest', '')) FROM json_each(slugs.buildpacks)
) WHERE json_type(buildpacks, '$[0]') = 'text';

-- What slugs were made from. The key is the digest of all of it and of the config vars' values, which are not here.
CREATE TABLE IF NOT EXISTS slug_inputs (
  app_id     INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  slug_id    TEXT NOT NULL,
  key        TEXT NOT NULL,
  reusable   INTEGER NOT NULL,                        -- 1: a build with the same key is skipped
  inputs     TEXT NOT NULL,                           -- JSON
  created_at TEXT NOT NULL,
  PRIMARY KEY (app_id, slug_id, key)
);
CREATE INDEX IF NOT EXISTS slug_inputs_by_key ON slug_inputs(app_id, key);

-- What the platform vouches for about slugs that it built.
CREATE TABLE IF NOT EXISTS attestations (
  app_id     INTEGER NOT NULL,
  slug_id    TEXT NOT NULL,
  sbom       BLOB NOT NULL,                           -- CycloneDX JSON, gzip
  provenance TEXT NOT NULL,                           -- DSSE envelope, JSON
  created_at TEXT NOT NULL,
  PRIMARY KEY (app_id, slug_id),
  FOREIGN KEY (app_id, slug_id) REFERENCES slugs(app_id, id) ON DELETE CASCADE
);

-- What is installed in a stack's run image, read once.
CREATE TABLE IF NOT EXISTS stack_packages (
  image    TEXT PRIMARY KEY,
  packages TEXT NOT NULL                              -- JSON
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

-- How visitors are treated. An app without a row has the defaults.
CREATE TABLE IF NOT EXISTS traffic (
  app_id       INTEGER PRIMARY KEY REFERENCES apps(id) ON DELETE CASCADE,
  maintenance  INTEGER NOT NULL DEFAULT 0,
  hold_until   TEXT,
  hold_seconds INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS routing_rules (
  app_id INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  rule   TEXT NOT NULL,
  value  TEXT NOT NULL,
  PRIMARY KEY (app_id, rule)
);

CREATE TABLE IF NOT EXISTS app_features (
  app_id  INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  feature TEXT NOT NULL,
  PRIMARY KEY (app_id, feature)
);

-- The share of the visitors that a deployment at the step Canary has.
CREATE TABLE IF NOT EXISTS canaries (
  deployment_id INTEGER PRIMARY KEY REFERENCES deployments(id) ON DELETE CASCADE,
  percent       INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100)
);

CREATE TABLE IF NOT EXISTS tokens (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user       TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE,                    -- SHA-256 of the token, which is 256 random bits
  created_at TEXT NOT NULL
);

-- Where logs are sent.
CREATE TABLE IF NOT EXISTS log_drains (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  app_id     INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  url        TEXT NOT NULL,
  token      TEXT NOT NULL UNIQUE,                    -- what the receiver tells apps apart by
  created_at TEXT NOT NULL,
  UNIQUE (app_id, url)
);

-- Random bits of this installation, made once: what its uuids and the addresses of its streams are derived with.
CREATE TABLE IF NOT EXISTS secrets (
  name       TEXT PRIMARY KEY,
  value      BLOB NOT NULL,
  created_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
);

-- Certificates that users uploaded. What a certificate says of itself is kept beside it, so that nobody has to read it again.
CREATE TABLE IF NOT EXISTS certificates (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  app_id     INTEGER NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  name       TEXT NOT NULL UNIQUE,
  chain      TEXT NOT NULL,                           -- PEM
  private_key TEXT NOT NULL,                          -- PEM; given to routers only
  names      TEXT NOT NULL,                           -- JSON: hosts that it is valid for
  domains    TEXT,                                    -- JSON: domains chosen by the user; null: all that it names
  not_before TEXT NOT NULL,
  not_after  TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS certificates_of_app ON certificates(app_id);

-- Apps whose domains get certificates by ACME, and how each domain stands; a domain without a row was never tried.
CREATE TABLE IF NOT EXISTS acme_apps (
  app_id     INTEGER PRIMARY KEY REFERENCES apps(id) ON DELETE CASCADE,
  enabled_at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS acme_certificates (
  host         TEXT PRIMARY KEY REFERENCES domains(host) ON DELETE CASCADE,
  app_id       INTEGER NOT NULL REFERENCES acme_apps(app_id) ON DELETE CASCADE,
  chain        TEXT,                                  -- PEM; these four are null until the first one is issued
  private_key  TEXT,
  not_before   TEXT,
  not_after    TEXT,
  failures     INTEGER NOT NULL,                      -- in a row
  error        TEXT,                                  -- of the last attempt; null when that succeeded
  next_attempt TEXT NOT NULL,
  created_at   TEXT NOT NULL,
  updated_at   TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS acme_certificates_of_app ON acme_certificates(app_id);
