-- Owned by cascadia.kernel: the instance, events with their audit trail, idempotency.

CREATE TABLE schema_state (
  version int NOT NULL,
  oldest_code int NOT NULL
);

CREATE TABLE instance (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  uid uuid NOT NULL DEFAULT gen_random_uuid(),
  organisation text,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO instance DEFAULT VALUES;

CREATE TABLE instance_secret (
  name text PRIMARY KEY,
  value text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- What happened, for those who act on it. Kept as long as the oldest cursor and 90 days.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  type text NOT NULL,
  subject uuid NOT NULL,
  program_id int,
  actor_id bigint,
  data jsonb NOT NULL DEFAULT '{}'
);
-- The ids that the relay has not numbered yet.
CREATE TABLE outbox_new (id bigint PRIMARY KEY);
-- Gapless numbers in one order that every reader sees.
CREATE TABLE outbox_position (position bigint PRIMARY KEY, id bigint NOT NULL UNIQUE);

-- Who did what to what, when, from where. Rows are only ever inserted.
CREATE TABLE audit (
  id bigint PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  type text NOT NULL,
  subject uuid NOT NULL,
  program_id int,
  actor_id bigint,
  request_id text,
  address text,
  data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_subject ON audit (subject, id);
CREATE TABLE audit_seal (position bigint PRIMARY KEY, audit_id bigint NOT NULL UNIQUE, hash bytea NOT NULL);

-- Where each subscription of the relay has arrived.
CREATE TABLE subscription_cursor (
  name text PRIMARY KEY,
  position bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION emit(event_uid uuid, event_type text, event_subject uuid, program int, actor bigint, event_data jsonb, request text, origin text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  INSERT INTO outbox (uid, type, subject, program_id, actor_id, data)
  VALUES (event_uid, event_type, event_subject, program, actor, event_data) RETURNING id INTO n;
  INSERT INTO audit (id, type, subject, program_id, actor_id, request_id, address, data)
  VALUES (n, event_type, event_subject, program, actor, request, origin, event_data);
  INSERT INTO outbox_new VALUES (n);
END $$;

-- The bytes of an audit row that the chain covers: canonical, so that anybody can recompute them.
CREATE FUNCTION audit_digest(a audit) RETURNS bytea STABLE LANGUAGE sql AS $$
  SELECT sha256(convert_to(jsonb_build_array(a.id, (extract(epoch FROM a.at) * 1000000)::bigint, a.type, a.subject, a.program_id, a.actor_id, a.request_id, a.address, a.data)::text, 'UTF8'))
$$;

-- Numbers up to `batch` waiting events and seals their audit rows. Returns how many; 0 when another relay is at it.
CREATE FUNCTION number_outbox(batch int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int; p bigint; h bytea; r record;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('cascadia.relay', 0)) THEN RETURN 0; END IF;
  SELECT position INTO p FROM outbox_position ORDER BY position DESC LIMIT 1;
  SELECT hash INTO h FROM audit_seal ORDER BY position DESC LIMIT 1;
  p := coalesce(p, 0); n := 0;
  FOR r IN
    WITH taken AS (DELETE FROM outbox_new WHERE id IN (SELECT id FROM outbox_new ORDER BY id LIMIT batch) RETURNING id)
    SELECT a AS row FROM taken JOIN audit a USING (id) ORDER BY a.id
  LOOP
    p := p + 1; n := n + 1;
    h := sha256(coalesce(h, ''::bytea) || int8send(p) || audit_digest(r.row));
    INSERT INTO outbox_position VALUES (p, (r.row).id);
    INSERT INTO audit_seal VALUES (p, (r.row).id, h);
  END LOOP;
  RETURN n;
END $$;

-- The first statement of a repeatable write. Unversioned routes keep their `answer`; versioned ones name their commit, at which it is rendered again.
CREATE TABLE idempotency (
  actor_id bigint NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  body_hash bytea NOT NULL,
  status smallint,
  uids uuid[] NOT NULL DEFAULT '{}',
  commit_uid uuid,
  answer bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (actor_id, route, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
