-- A deleted note stays as a tombstone: a repeated DELETE is still answered 204, and what the user deleted is gone.
CREATE TABLE notes (
  id         uuid        PRIMARY KEY,
  owner_id   text        NOT NULL CHECK (char_length(owner_id) BETWEEN 1 AND 255),
  title      text        NOT NULL,
  body       text        NOT NULL CHECK (char_length(body) <= 65536),
  version    bigint      NOT NULL CHECK (version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL CHECK (updated_at >= created_at),
  deleted_at timestamptz,

  CONSTRAINT notes_title_while_alive CHECK (deleted_at IS NOT NULL OR char_length(title) BETWEEN 1 AND 200),
  CONSTRAINT notes_tombstone_is_empty CHECK (deleted_at IS NULL OR (title = '' AND body = ''))
);

-- Ids are UUID version 7, so their order is the order of creation: one column serves as the key of the page.
CREATE INDEX notes_by_owner ON notes (owner_id, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX notes_tombstones ON notes (deleted_at) WHERE deleted_at IS NOT NULL;

-- Caches and consumers rely on the version growing by one with each change, so no statement may do otherwise.
CREATE FUNCTION notes_guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR NEW.owner_id <> OLD.owner_id OR NEW.created_at <> OLD.created_at THEN
    RAISE EXCEPTION 'id, owner and creation time of note % never change', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.deleted_at IS NOT NULL THEN
    RAISE EXCEPTION 'note % is deleted', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION 'note % goes from version % to %, not to %', OLD.id, OLD.version, OLD.version + 1, NEW.version
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER notes_guard_update BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION notes_guard_update();

-- The first answer to a key is rebuilt from the note's id, its time and the repeated request; only a digest of the content is kept.
CREATE TABLE idempotency_keys (
  owner_id       text        NOT NULL,
  key            text        NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
  content_sha256 bytea       NOT NULL CHECK (octet_length(content_sha256) = 32),
  note_id        uuid        NOT NULL,
  created_at     timestamptz NOT NULL,

  PRIMARY KEY (owner_id, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
