CREATE TABLE users (
  -- UUID version 7; the subject of the user's tokens.
  id            uuid        PRIMARY KEY,
  name          text        NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  password_hash text        CHECK (char_length(password_hash) <= 500),
  created_at    timestamptz NOT NULL,

  CONSTRAINT users_by_name UNIQUE (name)
);
