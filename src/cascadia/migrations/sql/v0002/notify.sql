-- Owned by cascadia.notify: who outside is told of events, and what came of it.

CREATE TABLE webhook (
  webhook_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  version int NOT NULL DEFAULT 1,
  program_id int REFERENCES program,
  url text NOT NULL,
  description text NOT NULL DEFAULT '',
  types text[] NOT NULL,
  -- The same as patterns of LIKE.
  patterns text[] NOT NULL,
  secret text NOT NULL,
  old_secret text,
  old_secret_until timestamptz,
  enabled boolean NOT NULL DEFAULT true,
  disabled_reason text,
  failing_since timestamptz,
  created_by bigint NOT NULL REFERENCES user_account,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_program ON webhook (program_id, webhook_id);

-- One event on its way to one webhook, with the last answer.
CREATE TABLE webhook_delivery (
  delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  webhook_id bigint NOT NULL REFERENCES webhook ON DELETE CASCADE,
  event_uid uuid NOT NULL,
  event_type text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts int NOT NULL DEFAULT 0,
  status int,
  milliseconds int,
  error text,
  answer text,
  created_at timestamptz NOT NULL DEFAULT now(),
  tried_at timestamptz,
  UNIQUE (webhook_id, event_uid)
);
CREATE INDEX webhook_delivery_age ON webhook_delivery (created_at);

-- What a person wants to be told; no row: everything.
CREATE TABLE notification_setting (
  user_id bigint PRIMARY KEY REFERENCES user_account,
  mail_failures boolean NOT NULL DEFAULT true
);
