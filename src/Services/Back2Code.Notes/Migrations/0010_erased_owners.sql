-- Owners whose data was erased. Their ids are kept for good: a request that was under way, or a token that still lives, must bring nothing back.
CREATE TABLE erased_owners (
  owner_id  text        PRIMARY KEY CHECK (char_length(owner_id) BETWEEN 1 AND 255),
  erased_at timestamptz NOT NULL
);

-- An erasure takes this lock alone, so it waits for notes that are being written, and those that come later see what it wrote.
CREATE FUNCTION notes_refuse_erased() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('back2code.notes.owner.' || NEW.owner_id, 0));
  IF EXISTS (SELECT FROM erased_owners WHERE owner_id = NEW.owner_id) THEN
    RAISE EXCEPTION 'the owner of note % was erased', NEW.id USING ERRCODE = 'B2C01';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER notes_refuse_erased BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION notes_refuse_erased();

-- Tombstones too have an owner.
CREATE INDEX notes_tombstones_by_owner ON notes (owner_id) WHERE deleted_at IS NOT NULL;
