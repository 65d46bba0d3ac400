-- When all that was held about the user was erased. The row stays, under a name that says nothing: the audit trail and the erasure's record point to it.
ALTER TABLE users
  ADD COLUMN erased_at timestamptz,
  ADD CONSTRAINT users_erased_hold_nothing CHECK (
    erased_at IS NULL OR (disabled_at IS NOT NULL AND password_hash IS NULL AND name = 'erased-' || replace(id::text, '-', '')));

-- Whoever is not erased must not stand in the way of who will be. Rows from before this are left as they are.
ALTER TABLE users ADD CONSTRAINT users_erased_names CHECK (erased_at IS NOT NULL OR name NOT LIKE 'erased-%') NOT VALID;

-- What was under way during an erasure is left out afterwards: it waits for the user's row here, as every foreign key does, and then sees what became of it.
CREATE FUNCTION leave_out_erased() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM users WHERE id = NEW.user_id AND erased_at IS NULL FOR KEY SHARE;
  IF NOT FOUND AND NEW.user_id IS NOT NULL THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER leave_out_erased BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION leave_out_erased();
CREATE TRIGGER leave_out_erased BEFORE INSERT ON grants FOR EACH ROW EXECUTE FUNCTION leave_out_erased();
CREATE TRIGGER leave_out_erased BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION leave_out_erased();
CREATE TRIGGER leave_out_erased BEFORE INSERT ON email_addresses FOR EACH ROW EXECUTE FUNCTION leave_out_erased();
CREATE TRIGGER leave_out_erased BEFORE INSERT ON second_factors FOR EACH ROW EXECUTE FUNCTION leave_out_erased();
CREATE TRIGGER leave_out_erased BEFORE INSERT ON account_tokens FOR EACH ROW EXECUTE FUNCTION leave_out_erased();

-- One erasure of one user, until every service that holds personal data has answered. Kept for good: it is the proof.
CREATE TABLE erasures (
  id           uuid        PRIMARY KEY,
  user_id      uuid        NOT NULL UNIQUE REFERENCES users,
  requested_at timestamptz NOT NULL,

  -- The subject of whoever asked: the user, or an operator.
  requested_by text        NOT NULL CHECK (char_length(requested_by) <= 255),
  completed_at timestamptz CHECK (completed_at >= requested_at),

  -- When the services were last asked.
  asked_at     timestamptz NOT NULL
);

CREATE INDEX erasures_pending ON erasures (requested_at) WHERE completed_at IS NULL;

CREATE TABLE erasure_services (
  erasure_id   uuid        NOT NULL REFERENCES erasures,
  service      text        NOT NULL CHECK (service ~ '^[a-z][a-z0-9-]{0,62}$'),
  completed_at timestamptz,

  -- Rows erased, by kind.
  counts       jsonb,

  PRIMARY KEY (erasure_id, service),
  CONSTRAINT erasure_services_counted CHECK ((completed_at IS NULL) = (counts IS NULL))
);
