-- Events wait here, written in the transaction that causes them, until the broker has confirmed them.
CREATE TABLE outbox (
  position        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source          text        NOT NULL,
  event_id        text        NOT NULL,
  type            text        NOT NULL,
  subject         text        NOT NULL,
  time            timestamptz NOT NULL,
  data            jsonb       NOT NULL,
  trace_parent    text,
  -- clock_timestamp(), not now(): the age counts from the insert, not from the start of a long transaction.
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Moved forward when no queue wants the event, so that it does not stand in the way of the others.
  next_attempt_at timestamptz NOT NULL DEFAULT '-infinity',
  attempts        integer     NOT NULL DEFAULT 0,
  UNIQUE (source, event_id)
);

-- Wakes the relay at the commit. The channel carries the schema's name: channels are shared by a whole database.
CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('back2code_outbox_' || TG_TABLE_SCHEMA, '');
  RETURN NULL;
END
$$;

CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();
