CREATE TABLE clients (
  id                        text        PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),

  -- UUID version 7: lists are paged by it, in the order of creation.
  sort_id                   uuid        NOT NULL UNIQUE,
  name                      text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),

  -- Secrets have 256 random bits, so a fast digest suffices. Null: a public client, which has PKCE and no secret.
  secret_sha256             bytea       CHECK (octet_length(secret_sha256) = 32),
  redirect_uris             text[]      NOT NULL,
  post_logout_redirect_uris text[]      NOT NULL,
  grants                    text[]      NOT NULL,

  -- Scopes of OpenID Connect and patterns of permissions: the most that a token of this client may hold.
  scopes                    text[]      NOT NULL,
  first_party               boolean     NOT NULL,
  may_impersonate           boolean     NOT NULL,
  created_at                timestamptz NOT NULL,

  CONSTRAINT clients_without_a_secret_speak_for_nobody CHECK (
    secret_sha256 IS NOT NULL OR NOT (may_impersonate OR 'client_credentials' = ANY (grants)))
);

CREATE TABLE consents (
  user_id    uuid        NOT NULL REFERENCES users,
  client_id  text        NOT NULL REFERENCES clients,
  scopes     text[]      NOT NULL,
  granted_at timestamptz NOT NULL,

  PRIMARY KEY (user_id, client_id)
);
