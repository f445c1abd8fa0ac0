-- Owned by cascadia.jobs: the ledger, the only truth about background work. Who runs a job holds its `attempt` (fencing
-- token, grows with each claim, never falls) until `lease_until`; every write about a running job names the attempt.

CREATE TABLE job (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  family text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  key text COLLATE "C",
  dedupe text COLLATE "C" UNIQUE,
  payload jsonb NOT NULL,
  priority smallint NOT NULL DEFAULT 0,
  state text COLLATE "C" NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'dead', 'cancelled')),
  attempt int NOT NULL DEFAULT 0,
  failures int NOT NULL DEFAULT 0,
  losses int NOT NULL DEFAULT 0,
  run_at timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz,
  worker text,
  cancel_requested boolean NOT NULL DEFAULT false,
  progress real CHECK (progress BETWEEN 0 AND 1),
  note text,
  error jsonb,
  result jsonb,
  actor_id bigint REFERENCES user_account,
  program_id int REFERENCES program,
  subject_kind text,
  subject uuid,
  subject_name text,
  request_id text,
  trace_id text,
  parent_id bigint REFERENCES job,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX job_claim ON job (family, priority DESC, run_at, id) WHERE state = 'queued';
CREATE INDEX job_lease ON job (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX job_key ON job (family, key) WHERE state IN ('queued', 'running') AND NOT cancel_requested;
CREATE INDEX job_parent ON job (parent_id) WHERE parent_id IS NOT NULL;

-- For whom a job runs: the first who asked, and everybody whose request was joined to it, each with their own subject.
CREATE TABLE job_subscriber (
  subscriber_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id bigint NOT NULL REFERENCES job ON DELETE CASCADE,
  actor_id bigint REFERENCES user_account,
  program_id int REFERENCES program,
  subject_kind text,
  subject uuid,
  subject_name text,
  context jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  cancelled_at timestamptz,
  UNIQUE NULLS NOT DISTINCT (job_id, actor_id, program_id, subject)
);
CREATE INDEX job_subscriber_actor ON job_subscriber (actor_id, job_id);
CREATE INDEX job_subscriber_program ON job_subscriber (program_id, job_id);
CREATE INDEX job_subscriber_subject ON job_subscriber (subject, job_id);

-- Every change of a job's state is an event, whoever makes it.
CREATE FUNCTION job_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM emit(gen_random_uuid(), 'job.changed', NEW.uid, NEW.program_id, NEW.actor_id, jsonb_strip_nulls(jsonb_build_object(
    'type', NEW.type, 'family', NEW.family, 'state', NEW.state, 'attempt', NEW.attempt, 'error', NEW.error,
    'failed', CASE WHEN NEW.state IN ('dead', 'cancelled') THEN true END)), NEW.request_id, NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER job_queued AFTER INSERT ON job FOR EACH ROW EXECUTE FUNCTION job_changed();
CREATE TRIGGER job_moved AFTER UPDATE OF state ON job FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION job_changed();

-- Puts a job into the ledger, in the caller's transaction, or joins the request to the open one that does the same work
-- (same family and key, not being cancelled). Returns the uid of the job that will do it.
CREATE FUNCTION job_enqueue(
  new_uid uuid, job_family text, job_type text, job_key text, job_payload jsonb, job_priority int, delay_seconds double precision,
  actor bigint, program int, kind_of_subject text, subject_uid uuid, name_of_subject text, request text, trace text, subscriber_context jsonb)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE job_id bigint; job_uid uuid;
BEGIN
  LOOP
    INSERT INTO job (uid, family, type, key, payload, priority, run_at, actor_id, program_id, subject_kind, subject, subject_name, request_id, trace_id)
    VALUES (new_uid, job_family, job_type, job_key, job_payload, job_priority, now() + make_interval(secs => delay_seconds), actor, program,
            kind_of_subject, subject_uid, name_of_subject, request, trace)
    ON CONFLICT (family, key) WHERE state IN ('queued', 'running') AND NOT cancel_requested DO NOTHING
    RETURNING id, uid INTO job_id, job_uid;
    EXIT WHEN FOUND;
    -- A key-share lock: heartbeats and the finish go on beside it, a cancel waits for it and then counts this subscriber too.
    SELECT id, uid INTO job_id, job_uid FROM job
    WHERE family = job_family AND key = job_key AND state IN ('queued', 'running') AND NOT cancel_requested FOR KEY SHARE;
    EXIT WHEN FOUND;
  END LOOP;
  INSERT INTO job_subscriber AS s (job_id, actor_id, program_id, subject_kind, subject, subject_name, context)
  VALUES (job_id, actor, program, kind_of_subject, subject_uid, name_of_subject, subscriber_context)
  ON CONFLICT ON CONSTRAINT job_subscriber_job_id_actor_id_program_id_subject_key DO UPDATE SET cancelled_at = NULL WHERE s.cancelled_at IS NOT NULL;
  RETURN job_uid;
END $$;

-- Ends a running job with its result: the fence. CA410 where the attempt is not the running one (lost, cancelled, or done already).
CREATE FUNCTION job_finish(job_id bigint, my_attempt int, job_result jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job SET state = 'succeeded', result = job_result, progress = 1, note = NULL, error = NULL, lease_until = NULL, finished_at = clock_timestamp()
  WHERE id = job_id AND attempt = my_attempt AND state = 'running';
  IF NOT FOUND THEN RAISE EXCEPTION 'job % is not run by attempt % any more', job_id, my_attempt USING ERRCODE = 'CA410'; END IF;
END $$;

-- An attempt that failed. Tried again after a full-jitter backoff, up to `limit_of_failures`; at once dead where it is permanent.
-- Returns the new state, or null where the attempt is not the running one any more.
CREATE FUNCTION job_fail(job_id bigint, my_attempt int, why jsonb, permanent boolean, limit_of_failures int, backoff_seconds double precision)
RETURNS text LANGUAGE sql AS $$
  WITH verdict AS (
    SELECT id, CASE WHEN cancel_requested THEN 'cancelled' WHEN permanent OR failures + 1 >= limit_of_failures THEN 'dead' ELSE 'queued' END AS state
    FROM job WHERE id = job_id AND attempt = my_attempt AND state = 'running' FOR NO KEY UPDATE)
  UPDATE job j SET state = v.state, failures = failures + 1, error = why, worker = NULL, lease_until = NULL, progress = NULL, note = NULL,
    run_at = CASE WHEN v.state = 'queued' THEN clock_timestamp() + random() * least(interval '300 s', make_interval(secs => backoff_seconds * 2.0 ^ least(failures, 20))) ELSE run_at END,
    finished_at = CASE WHEN v.state = 'queued' THEN NULL ELSE clock_timestamp() END
  FROM verdict v WHERE j.id = v.id RETURNING j.state
$$;

-- An attempt that ended without the job's fault: its worker died (`lost`) or shuts down. Queued again at once; dead after 20 losses.
CREATE FUNCTION job_give_back(job_id bigint, my_attempt int, lost boolean) RETURNS text LANGUAGE sql AS $$
  WITH verdict AS (
    SELECT id, CASE WHEN cancel_requested THEN 'cancelled' WHEN lost AND losses + 1 >= 20 THEN 'dead' ELSE 'queued' END AS state
    FROM job WHERE id = job_id AND attempt = my_attempt AND state = 'running' FOR NO KEY UPDATE)
  UPDATE job j SET state = v.state, losses = losses + lost::int, worker = NULL, lease_until = NULL, progress = NULL, note = NULL,
    error = CASE WHEN v.state = 'dead' THEN '{"code": "worker_lost", "message": "The server that ran this was lost each of 20 times. Tell your administrator."}' ELSE error END,
    finished_at = CASE WHEN v.state = 'queued' THEN NULL ELSE clock_timestamp() END
  FROM verdict v WHERE j.id = v.id RETURNING j.state
$$;

-- Ends a running job whose child was killed because somebody asked for it.
CREATE FUNCTION job_end_cancelled(job_id bigint, my_attempt int) RETURNS text LANGUAGE sql AS $$
  UPDATE job SET state = 'cancelled', worker = NULL, lease_until = NULL, finished_at = clock_timestamp(),
    error = '{"code": "cancelled", "message": "Somebody cancelled this."}'
  WHERE id = job_id AND attempt = my_attempt AND state = 'running' AND cancel_requested RETURNING state
$$;

-- Gives back the jobs whose leases ran out, each once: what another sweeper holds is passed by. Returns their families.
CREATE FUNCTION job_sweep() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE expired record;
BEGIN
  FOR expired IN SELECT id, attempt, family FROM job WHERE state = 'running' AND lease_until < clock_timestamp() ORDER BY id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED LOOP
    PERFORM job_give_back(expired.id, expired.attempt, true);
    RETURN NEXT expired.family;
  END LOOP;
END $$;

-- Withdraws an actor: their own subscriptions, or, where they have none, those of the programs that they manage (all of them for
-- `everything`). The last one to go stops the job: queued, at once; running, by a request that its worker sees within a second.
CREATE FUNCTION job_cancel(wanted uuid, actor bigint, programs int[], everything boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE j job;
BEGIN
  SELECT * INTO j FROM job WHERE uid = wanted FOR UPDATE;
  UPDATE job_subscriber SET cancelled_at = now() WHERE job_id = j.id AND actor_id = actor AND cancelled_at IS NULL;
  IF NOT FOUND THEN
    UPDATE job_subscriber SET cancelled_at = now() WHERE job_id = j.id AND cancelled_at IS NULL AND (everything OR program_id = ANY (programs));
  END IF;
  IF EXISTS (SELECT 1 FROM job_subscriber WHERE job_id = j.id AND cancelled_at IS NULL) THEN RETURN; END IF;
  IF j.state = 'queued' THEN
    UPDATE job SET state = 'cancelled', cancel_requested = true, finished_at = clock_timestamp(),
      error = '{"code": "cancelled", "message": "Somebody cancelled this."}' WHERE id = j.id;
  ELSIF j.state = 'running' THEN
    UPDATE job SET cancel_requested = true WHERE id = j.id;
  END IF;
END $$;

-- One turn of the relay, in autocommit: numbers up to `batch` waiting events, then wakes workers for the jobs among them (a
-- versioned commit enqueues without a permit of its own) and the event streams of the app servers.
CREATE FUNCTION relay_turn(batch int) RETURNS TABLE (numbered int, last bigint) LANGUAGE plpgsql AS $$
BEGIN
  numbered := number_outbox(batch);
  last := coalesce((SELECT max(p.position) FROM outbox_position p), 0);
  IF numbered > 0 THEN
    PERFORM pg_notify('cascadia_jobs', f.family) FROM (
      SELECT DISTINCT o.data ->> 'family' AS family FROM outbox_position p JOIN outbox o USING (id)
      WHERE p.position > last - numbered AND o.type = 'job.changed' AND o.data ->> 'state' = 'queued') f;
    PERFORM pg_notify('cascadia_positions', last::text);
  END IF;
  RETURN NEXT;
END $$;
