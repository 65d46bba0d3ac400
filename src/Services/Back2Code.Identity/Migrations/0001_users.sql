CREATE TABLE users (
  -- UUID version 7; the subject of the user's tokens.
  id            uuid        PRIMARY KEY,
  name          text        NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  role          text        NOT NULL CHECK (role IN ('viewer', 'analyst', 'operator', 'admin')),

  -- Without one nobody signs in as this user; other ways in, such as token exchange, are not concerned.
  password_hash text        CHECK (char_length(password_hash) <= 500),
  created_at    timestamptz NOT NULL,
  disabled_at   timestamptz,

  CONSTRAINT users_by_name UNIQUE (name)
);
