CREATE TABLE incidents (
  id uuid PRIMARY KEY,
  incident_group text NOT NULL,
  title text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error', 'critical')),
  state text NOT NULL CHECK (state IN ('open', 'resolved')),
  opened_at timestamptz NOT NULL,
  resolved_at timestamptz,
  revision bigint NOT NULL CHECK (revision > 0),
  CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
  CHECK (resolved_at >= opened_at)
);

-- The list is read newest first, page by page.
CREATE INDEX incidents_newest ON incidents (opened_at DESC, id DESC);
CREATE INDEX incidents_open ON incidents (opened_at DESC, id DESC) WHERE state = 'open';

-- One row for each time that an alert fired.
CREATE TABLE incident_alerts (
  incident_id uuid NOT NULL REFERENCES incidents (id),
  fingerprint text NOT NULL,
  starts_at timestamptz NOT NULL,
  name text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error', 'critical')),
  instance text,
  ends_at timestamptz CHECK (ends_at >= starts_at),
  received_at timestamptz NOT NULL,
  resolved_received_at timestamptz,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  PRIMARY KEY (incident_id, fingerprint, starts_at),
  CHECK ((ends_at IS NULL) = (resolved_received_at IS NULL))
);

-- Append only: at is when it happened, recorded_at when it became known.
CREATE TABLE incident_timeline (
  incident_id uuid NOT NULL REFERENCES incidents (id),
  position integer NOT NULL CHECK (position >= 0),
  at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  kind text NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (incident_id, position)
);
