-- People work on incidents: five states, each step with the time at which it was truly taken.
ALTER TABLE incidents
  DROP CONSTRAINT incidents_state_check,
  DROP CONSTRAINT incidents_check,
  ADD COLUMN opened_by text,
  ADD COLUMN started_at timestamptz,
  ADD COLUMN acknowledged_at timestamptz,
  ADD COLUMN mitigated_at timestamptz,
  ADD COLUMN resolved_by text,
  ADD COLUMN reviewed_at timestamptz,
  ADD COLUMN commander text,
  ADD COLUMN details jsonb NOT NULL DEFAULT '{}',
  ADD CONSTRAINT incidents_state_check CHECK (state IN ('open', 'acknowledged', 'mitigated', 'resolved', 'reviewed')),
  ADD CONSTRAINT incidents_resolved_check CHECK ((state IN ('resolved', 'reviewed')) = (resolved_at IS NOT NULL)),
  ADD CONSTRAINT incidents_reviewed_check CHECK ((state = 'reviewed') = (reviewed_at IS NOT NULL)),
  ADD CONSTRAINT incidents_review_order_check CHECK (reviewed_at >= resolved_at);

DROP INDEX incidents_open;
CREATE INDEX incidents_active ON incidents (opened_at DESC, id DESC) WHERE state IN ('open', 'acknowledged', 'mitigated');

ALTER TABLE incident_alerts ADD COLUMN claimed_start timestamptz;

ALTER TABLE incident_timeline ADD COLUMN actor text;

CREATE TABLE incident_actions (
  incident_id uuid NOT NULL REFERENCES incidents (id),
  number integer NOT NULL CHECK (number > 0),
  title text NOT NULL CHECK (title <> ''),
  type text NOT NULL CHECK (type IN ('prevent', 'mitigate', 'detect', 'process', 'other')),
  owner text NOT NULL CHECK (owner <> ''),
  reference text,
  is_done boolean NOT NULL,
  PRIMARY KEY (incident_id, number)
);

-- What is still to be done, over all incidents.
CREATE INDEX incident_actions_to_do ON incident_actions (owner) WHERE NOT is_done;
