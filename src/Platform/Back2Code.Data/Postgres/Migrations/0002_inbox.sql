-- What each consumer has handled, written in the transaction of its effect: the same event again changes nothing.
CREATE TABLE inbox (
  consumer    text        NOT NULL,
  source      text        NOT NULL,
  event_id    text        NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, source, event_id)
);

CREATE INDEX inbox_received_at ON inbox (consumer, received_at);
