CREATE TABLE sessions (
  -- The cookie's value is known to the browser alone.
  id_sha256        bytea       PRIMARY KEY CHECK (octet_length(id_sha256) = 32),

  -- What ID tokens call this session: opens nothing.
  sid              uuid        NOT NULL UNIQUE,
  user_id          uuid        NOT NULL REFERENCES users,
  authenticated_at timestamptz NOT NULL,
  expires_at       timestamptz NOT NULL
);

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_age ON sessions (expires_at);

-- Token buckets of the sign-in throttle. Unlogged: to lose them in a crash costs nothing, and a flood of attempts need not wait for the disk.
CREATE UNLOGGED TABLE sign_in_buckets (
  key_sha256 bytea            PRIMARY KEY,
  tokens     double precision NOT NULL,
  granted    boolean          NOT NULL,
  updated_at timestamptz      NOT NULL
);

CREATE INDEX sign_in_buckets_by_age ON sign_in_buckets (updated_at);
