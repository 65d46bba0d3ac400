CREATE TABLE notifications (
  id         uuid        PRIMARY KEY,
  user_id    text        NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 255),
  type       text        NOT NULL CHECK (char_length(type) BETWEEN 1 AND 100),
  note_id    uuid        NOT NULL,
  version    bigint      NOT NULL CHECK (version >= 1),
  created_at timestamptz NOT NULL,
  read_at    timestamptz CHECK (read_at >= created_at),

  -- The inbox table already keeps an event from being applied twice. This holds even if a publisher sends one change under two event ids.
  CONSTRAINT notifications_once UNIQUE (user_id, note_id, version, type)
);

-- Ids are UUID version 7, so their order is the order of arrival: one column serves as the key of the page.
CREATE INDEX notifications_by_user ON notifications (user_id, id DESC);
CREATE INDEX notifications_by_age ON notifications (created_at);
