-- Users whose data was erased. Their ids are kept for good: an event about a note of theirs may come late, or a second time.
CREATE TABLE erased_users (
  user_id   text        PRIMARY KEY CHECK (char_length(user_id) BETWEEN 1 AND 255),
  erased_at timestamptz NOT NULL
);

-- An erasure takes this lock alone, so it waits for notifications that are being written, and those that come later see what it wrote. They are left out without
-- a word: there is nobody to tell.
CREATE FUNCTION notifications_leave_out_erased() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('back2code.notifications.user.' || NEW.user_id, 0));
  IF EXISTS (SELECT FROM erased_users WHERE user_id = NEW.user_id) THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER notifications_leave_out_erased BEFORE INSERT ON notifications FOR EACH ROW EXECUTE FUNCTION notifications_leave_out_erased();
