-- Where users get mail. The address is encrypted; what finds it is an HMAC under a key derived from the encryption key, so the table alone tells nobody's.
CREATE TABLE email_addresses (
  user_id            uuid        PRIMARY KEY REFERENCES users ON DELETE CASCADE,

  -- AES-256-GCM under the encryption key of this version; the HMAC's key is derived from the same.
  address            bytea       NOT NULL,
  address_hmac       bytea       NOT NULL UNIQUE CHECK (octet_length(address_hmac) = 32),
  encryption_version integer     NOT NULL CHECK (encryption_version >= 1),

  -- When its owner followed a link that was sent there. Null: an operator vouched for it.
  verified_at        timestamptz
);

-- Mail that waits to be sent. What it is about is encrypted, because it holds addresses and the links' tokens.
CREATE TABLE mails (
  id                 uuid        PRIMARY KEY,
  content            bytea       NOT NULL,
  encryption_version integer     NOT NULL CHECK (encryption_version >= 1),
  attempts           integer     NOT NULL DEFAULT 0,
  due_at             timestamptz NOT NULL,
  created_at         timestamptz NOT NULL
);

CREATE INDEX mails_by_due ON mails (due_at);

-- What links in mails open: each once.
CREATE TABLE account_tokens (
  token_sha256       bytea       PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
  purpose            text        NOT NULL CHECK (purpose IN ('registration', 'reset-password', 'change-email')),

  -- Null: somebody who is not a user yet.
  user_id            uuid        REFERENCES users ON DELETE CASCADE,

  -- The address that the link was sent to, which its use proves: encrypted, and to count by.
  address            bytea       NOT NULL,
  encryption_version integer     NOT NULL CHECK (encryption_version >= 1),
  address_hmac       bytea       NOT NULL CHECK (octet_length(address_hmac) = 32),
  created_at         timestamptz NOT NULL,
  expires_at         timestamptz NOT NULL,
  used_at            timestamptz,

  CONSTRAINT account_tokens_for_somebody CHECK ((user_id IS NULL) = (purpose = 'registration'))
);

CREATE INDEX account_tokens_by_address ON account_tokens (address_hmac, created_at);
CREATE INDEX account_tokens_by_user ON account_tokens (user_id);
CREATE INDEX account_tokens_by_age ON account_tokens (expires_at);

CREATE TABLE second_factors (
  user_id            uuid        PRIMARY KEY REFERENCES users ON DELETE CASCADE,

  -- AES-256-GCM under the encryption key of this version.
  secret             bytea       NOT NULL,
  encryption_version integer     NOT NULL CHECK (encryption_version >= 1),

  -- Null: shown, but no code of it seen yet. Asked for only after that.
  confirmed_at       timestamptz,

  -- The newest time step whose code was used; this one and older ones are not taken again (RFC 6238, section 5.2).
  last_step          bigint      NOT NULL DEFAULT 0
);

-- Codes have 80 random bits, so a fast digest suffices; it covers the user as well.
CREATE TABLE recovery_codes (
  user_id     uuid        NOT NULL REFERENCES second_factors ON DELETE CASCADE,
  code_sha256 bytea       NOT NULL CHECK (octet_length(code_sha256) = 32),
  used_at     timestamptz,

  PRIMARY KEY (user_id, code_sha256)
);

-- For a user to recognise a session by; gone with it.
ALTER TABLE sessions
  ADD COLUMN agent   text CHECK (char_length(agent) <= 60),
  ADD COLUMN address text CHECK (char_length(address) <= 60);
