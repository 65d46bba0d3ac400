-- Acts whose audit record has been put into the outbox, which forgets it when it is published. The spool may bring an act here again; its record must not
-- leave again. A row is removed when no start can read the act from the spool any more.
CREATE TABLE audited_acts (
  id uuid PRIMARY KEY,
  stored_at timestamptz NOT NULL
);

CREATE INDEX audited_acts_by_age ON audited_acts (stored_at);
