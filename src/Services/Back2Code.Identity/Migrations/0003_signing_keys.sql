CREATE TABLE signing_keys (
  -- RFC 7638 thumbprint.
  id                 text        PRIMARY KEY,
  x                  bytea       NOT NULL CHECK (octet_length(x) = 32),
  y                  bytea       NOT NULL CHECK (octet_length(y) = 32),

  -- AES-256-GCM under the encryption key of this version; emptied when the key retires, so that nothing can be signed with it any more.
  private_key        bytea,
  encryption_version integer     NOT NULL CHECK (encryption_version >= 1),
  state              text        NOT NULL CHECK (state IN ('next', 'active', 'retired')),
  created_at         timestamptz NOT NULL,
  activated_at       timestamptz,
  retired_at         timestamptz,

  CONSTRAINT signing_keys_private_until_retired CHECK ((private_key IS NULL) = (state = 'retired')),
  CONSTRAINT signing_keys_times CHECK (
    (activated_at IS NULL) = (state = 'next') AND (retired_at IS NULL) = (state <> 'retired'))
);

-- Whatever the replicas do at once, there is one key to sign with and one to come.
CREATE UNIQUE INDEX signing_keys_one_of_a_kind ON signing_keys (state) WHERE state <> 'retired';
