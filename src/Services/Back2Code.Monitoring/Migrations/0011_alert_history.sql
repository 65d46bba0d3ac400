-- One row for each time that an alert fired, in an incident or not. No reference to incidents: the two are stored by different hands, in either order.
CREATE TABLE alerts (
  fingerprint text NOT NULL,
  starts_at timestamptz NOT NULL,
  name text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error', 'critical')),
  service text,
  slo text,
  instance text,
  ends_at timestamptz CHECK (ends_at >= starts_at),
  received_at timestamptz NOT NULL,
  resolved_received_at timestamptz,
  incident_id uuid,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  PRIMARY KEY (fingerprint, starts_at),
  CHECK ((ends_at IS NULL) = (resolved_received_at IS NULL))
);

-- The list is read newest first, page by page; the filters that people use narrow it.
CREATE INDEX alerts_newest ON alerts (starts_at DESC, fingerprint COLLATE "C" DESC);
CREATE INDEX alerts_name ON alerts (name, starts_at DESC);
CREATE INDEX alerts_service ON alerts (service, starts_at DESC);
CREATE INDEX alerts_firing ON alerts (starts_at DESC) WHERE ends_at IS NULL;
