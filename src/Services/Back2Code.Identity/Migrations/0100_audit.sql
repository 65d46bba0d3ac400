-- The audit trail. Rows are only ever added, and each is chained to the one before by SHA-256 over all that it says.
--
-- Who may do what: this service has one login role, which owns its schema and therefore this table. The privileges to change rows are taken
-- from the owner itself, so that neither a fault of the service nor an injected statement can, and triggers refuse the same to everybody who
-- still holds the privilege, superusers too. An owner can grant itself the privilege again and drop the triggers; a superuser can
-- do anything. What they change then breaks the chain, and whoever rewrites the chain meets checkpoints signed with a key that is not here.
CREATE TABLE audit_records (
  sequence      bigint      PRIMARY KEY,
  event_id      uuid        NOT NULL,
  source        text        NOT NULL CHECK (char_length(source) BETWEEN 1 AND 255),
  time          timestamptz NOT NULL,
  subject       text        CHECK (char_length(subject) <= 255),
  client        text        CHECK (char_length(client) <= 255),
  address       text        CHECK (char_length(address) <= 255),
  action        text        NOT NULL CHECK (char_length(action) BETWEEN 1 AND 100),
  target        text        NOT NULL CHECK (char_length(target) <= 300),
  outcome       text        NOT NULL CHECK (outcome IN ('succeeded', 'denied', 'failed')),
  reason        text        CHECK (char_length(reason) <= 300),
  trace_id      text        CHECK (trace_id ~ '^[0-9a-f]{32}$'),
  count         integer     NOT NULL CHECK (count > 0),
  previous_hash bytea       NOT NULL CHECK (octet_length(previous_hash) = 32),
  hash          bytea       NOT NULL CHECK (octet_length(hash) = 32),

  CONSTRAINT audit_records_once UNIQUE (source, event_id)
);

CREATE INDEX audit_records_by_subject ON audit_records (subject, sequence);
CREATE INDEX audit_records_by_action ON audit_records (action, sequence);
CREATE INDEX audit_records_by_target ON audit_records (target, sequence);

-- Where the chain ends. Its row lock puts appends one after the other, up to the end of each transaction.
CREATE TABLE audit_head (
  the_one  boolean PRIMARY KEY DEFAULT true CHECK (the_one),
  sequence bigint  NOT NULL,
  hash     bytea   NOT NULL CHECK (octet_length(hash) = 32)
);

INSERT INTO audit_head (sequence, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- One field in the canonical encoding: its length in bytes as a 32-bit big-endian number, then its UTF-8. A missing one has the length -1.
-- Lengths, not separators: no text can look like two fields. Audit/AuditChain.cs is the same in C#, and a test compares them.
CREATE FUNCTION audit_field(value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN value IS NULL THEN int4send(-1) ELSE int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') END
$$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  SELECT h.sequence + 1, h.hash INTO STRICT NEW.sequence, NEW.previous_hash FROM audit_head h FOR UPDATE;
  NEW.hash := sha256(
    convert_to('back2code.audit.record.1', 'UTF8') || NEW.previous_hash || int8send(NEW.sequence)
    || audit_field(NEW.event_id::text) || audit_field(NEW.source) || int8send((extract(epoch FROM NEW.time) * 1000000)::bigint)
    || audit_field(NEW.subject) || audit_field(NEW.client) || audit_field(NEW.address)
    || audit_field(NEW.action) || audit_field(NEW.target) || audit_field(NEW.outcome) || audit_field(NEW.reason)
    || audit_field(NEW.trace_id) || int4send(NEW.count));
  UPDATE audit_head SET sequence = NEW.sequence, hash = NEW.hash;
  RETURN NEW;
END
$$;

-- Whatever an INSERT says about sequence and hashes is replaced.
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_chain();

-- What has been true of the chain at some time, signed. The signature covers the checkpoint before it.
CREATE TABLE audit_checkpoints (
  number    bigint      PRIMARY KEY,
  sequence  bigint      NOT NULL UNIQUE,
  hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
  time      timestamptz NOT NULL,
  key_id    text        NOT NULL CHECK (char_length(key_id) BETWEEN 1 AND 255),
  signature bytea       NOT NULL CHECK (octet_length(signature) = 64)
);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_records_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_checkpoints_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_refuse BEFORE DELETE OR TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- Also for sessions that apply a replication stream or say that they do.
ALTER TABLE audit_records ENABLE ALWAYS TRIGGER audit_records_refuse;
ALTER TABLE audit_records ENABLE ALWAYS TRIGGER audit_chain;
ALTER TABLE audit_checkpoints ENABLE ALWAYS TRIGGER audit_checkpoints_refuse;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_refuse;

REVOKE ALL ON audit_records, audit_checkpoints, audit_head FROM PUBLIC;
REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_records, audit_checkpoints FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_head FROM CURRENT_USER;
