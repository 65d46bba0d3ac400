-- What a user has allowed a client once: the family of all the tokens that come from it. Revoking it ends them all.
CREATE TABLE grants (
  id          uuid        PRIMARY KEY,
  client_id   text        NOT NULL REFERENCES clients,
  user_id     uuid        NOT NULL REFERENCES users,
  oidc_scopes text[]      NOT NULL,
  permissions text[]      NOT NULL,
  nonce       text,
  sid         uuid,
  auth_time   timestamptz NOT NULL,
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  revoked_at  timestamptz
);

CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX grants_by_age ON grants (expires_at);

CREATE TABLE authorization_codes (
  code_sha256    bytea       PRIMARY KEY CHECK (octet_length(code_sha256) = 32),
  grant_id       uuid        NOT NULL REFERENCES grants ON DELETE CASCADE,
  redirect_uri   text        NOT NULL,
  code_challenge text        NOT NULL,
  expires_at     timestamptz NOT NULL,
  consumed_at    timestamptz
);

CREATE INDEX authorization_codes_by_grant ON authorization_codes (grant_id);

CREATE TABLE refresh_tokens (
  token_sha256     bytea       PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
  grant_id         uuid        NOT NULL REFERENCES grants ON DELETE CASCADE,
  expires_at       timestamptz NOT NULL,
  used_at          timestamptz,

  -- The token given out for this one.
  successor_sha256 bytea
);

-- At most one token of a family is good at any time, which is what makes a stolen one show.
CREATE UNIQUE INDEX refresh_tokens_one_unused ON refresh_tokens (grant_id) WHERE used_at IS NULL;
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);

-- Access tokens that were revoked one by one, until they would have expired anyway.
CREATE TABLE revoked_tokens (
  jti        uuid        PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

CREATE INDEX revoked_tokens_by_age ON revoked_tokens (expires_at);

CREATE TABLE device_codes (
  device_code_sha256 bytea       PRIMARY KEY CHECK (octet_length(device_code_sha256) = 32),
  user_code          text        NOT NULL UNIQUE CHECK (user_code ~ '^[B-DF-HJ-NP-TV-XZ]{8}$'),
  client_id          text        NOT NULL REFERENCES clients,
  oidc_scopes        text[]      NOT NULL,
  permissions        text[]      NOT NULL,
  state              text        NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'consumed')),
  grant_id           uuid        REFERENCES grants ON DELETE CASCADE,
  interval_s         integer     NOT NULL CHECK (interval_s BETWEEN 1 AND 3600),
  polled_at          timestamptz,
  expires_at         timestamptz NOT NULL,

  CONSTRAINT device_codes_approved_by_somebody CHECK ((grant_id IS NULL) = (state IN ('pending', 'denied')))
);

CREATE INDEX device_codes_by_age ON device_codes (expires_at);
