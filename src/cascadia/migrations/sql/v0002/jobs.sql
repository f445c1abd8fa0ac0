-- Owned by cascadia.jobs: dependencies, children, deadlines, logs, history and presence, beside the ledger of version 1. Programs of
-- version 1 go on with the functions that they know.

ALTER TABLE job
  ADD COLUMN not_after timestamptz,
  ADD COLUMN waits_for int NOT NULL DEFAULT 0,
  ADD COLUMN children int NOT NULL DEFAULT 0,
  ADD COLUMN children_open int NOT NULL DEFAULT 0;
CREATE INDEX job_deadline ON job (not_after) WHERE state = 'queued' AND not_after IS NOT NULL;
CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;

-- `job_id` waits (its `run_at` is infinity, its `waits_for` counts) until `needs_id` has succeeded.
CREATE TABLE job_dependency (
  needs_id bigint NOT NULL REFERENCES job ON DELETE CASCADE,
  job_id bigint NOT NULL REFERENCES job ON DELETE CASCADE,
  PRIMARY KEY (needs_id, job_id)
);
CREATE INDEX job_dependency_job ON job_dependency (job_id);

-- What attempts said, for the administrator.
CREATE TABLE job_log (
  log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id bigint NOT NULL REFERENCES job ON DELETE CASCADE,
  attempt int NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  line text NOT NULL
);
CREATE INDEX job_log_job ON job_log (job_id, log_id);

-- Finished jobs after a month: everything about them, a partition a month.
CREATE TABLE job_archive (
  id bigint NOT NULL,
  uid uuid NOT NULL,
  family text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  finished_at timestamptz NOT NULL,
  job jsonb NOT NULL,
  subscribers jsonb NOT NULL,
  log jsonb NOT NULL,
  PRIMARY KEY (uid, finished_at)
) PARTITION BY RANGE (finished_at);

-- Finished jobs by hour: how many ended how, and the seconds that they waited and ran in all.
CREATE TABLE job_statistic (
  hour timestamptz NOT NULL,
  type text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  family text COLLATE "C" NOT NULL,
  jobs bigint NOT NULL,
  waited_seconds double precision NOT NULL,
  ran_seconds double precision NOT NULL,
  PRIMARY KEY (hour, type, state)
);

-- The workers that are there: each renews `seen_at` while it lives.
CREATE TABLE worker (
  name text PRIMARY KEY,
  release text NOT NULL,
  families text[] NOT NULL,
  slots int NOT NULL,
  running int NOT NULL,
  stopping boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Like `job_enqueue` of version 1, with a moment to start at, a deadline, a parent and what must have succeeded before.
CREATE FUNCTION job_submit(
  new_uid uuid, job_family text, job_type text, job_key text, job_payload jsonb, job_priority int, delay_seconds double precision,
  start_at timestamptz, deadline timestamptz, actor bigint, program int, kind_of_subject text, subject_uid uuid, name_of_subject text,
  request text, trace text, parent uuid, needs uuid[])
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE made_id bigint; made_uid uuid; parent_job bigint; found_needs int; open_needs int := 0; failed_needs int := 0;
BEGIN
  IF needs IS NOT NULL THEN
    -- Share locks: whoever ends one of them waits for this transaction, and then sees who depends on it.
    SELECT count(*), count(*) FILTER (WHERE n.state IN ('queued', 'running')), count(*) FILTER (WHERE n.state IN ('dead', 'cancelled'))
    INTO found_needs, open_needs, failed_needs
    FROM (SELECT state FROM job WHERE uid = ANY (needs) ORDER BY id FOR SHARE) n;
    IF found_needs < cardinality(needs) THEN RAISE EXCEPTION 'a job to wait for does not exist' USING ERRCODE = 'CA422'; END IF;
    IF failed_needs > 0 THEN RAISE EXCEPTION 'a job to wait for has failed' USING ERRCODE = 'CA422'; END IF;
  END IF;
  IF parent IS NOT NULL THEN
    SELECT id INTO parent_job FROM job WHERE uid = parent FOR NO KEY UPDATE;
    IF NOT FOUND THEN RAISE EXCEPTION 'the parent job does not exist' USING ERRCODE = 'CA422'; END IF;
  END IF;
  LOOP
    INSERT INTO job (uid, family, type, key, payload, priority, run_at, not_after, actor_id, program_id, subject_kind, subject, subject_name,
                     request_id, trace_id, parent_id, waits_for)
    VALUES (new_uid, job_family, job_type, job_key, job_payload, job_priority,
            CASE WHEN open_needs > 0 THEN 'infinity' ELSE coalesce(start_at, now() + make_interval(secs => delay_seconds)) END, deadline,
            actor, program, kind_of_subject, subject_uid, name_of_subject, request, trace, parent_job, open_needs)
    ON CONFLICT (family, key) WHERE state IN ('queued', 'running') AND NOT cancel_requested DO NOTHING
    RETURNING id, uid INTO made_id, made_uid;
    IF FOUND THEN
      IF open_needs > 0 THEN
        INSERT INTO job_dependency (needs_id, job_id)
        SELECT n.id, made_id FROM job n WHERE n.uid = ANY (needs) AND n.state IN ('queued', 'running');
      END IF;
      IF parent_job IS NOT NULL THEN
        UPDATE job SET children = children + 1, children_open = children_open + 1 WHERE id = parent_job;
      END IF;
      EXIT;
    END IF;
    -- A key-share lock: heartbeats and the finish go on beside it, a cancel waits for it and then counts this subscriber too.
    SELECT id, uid INTO made_id, made_uid FROM job
    WHERE family = job_family AND key = job_key AND state IN ('queued', 'running') AND NOT cancel_requested FOR KEY SHARE;
    EXIT WHEN FOUND;
  END LOOP;
  INSERT INTO job_subscriber AS s (job_id, actor_id, program_id, subject_kind, subject, subject_name)
  VALUES (made_id, actor, program, kind_of_subject, subject_uid, name_of_subject)
  ON CONFLICT ON CONSTRAINT job_subscriber_job_id_actor_id_program_id_subject_key DO UPDATE SET cancelled_at = NULL WHERE s.cancelled_at IS NOT NULL;
  RETURN made_uid;
END $$;

-- A job came to its end: its parent has one open child less (the last one leaves an event), and who waited for it goes on or is dead.
CREATE FUNCTION job_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE parent job; waiting job;
BEGIN
  IF NEW.parent_id IS NOT NULL THEN
    UPDATE job SET children_open = children_open - 1 WHERE id = NEW.parent_id RETURNING * INTO parent;
    IF parent.children_open = 0 THEN
      PERFORM emit(gen_random_uuid(), 'job.children_ended', parent.uid, parent.program_id, parent.actor_id,
                   jsonb_build_object('type', parent.type, 'family', parent.family, 'children', parent.children), parent.request_id, NULL);
    END IF;
  END IF;
  FOR waiting IN
    SELECT j.* FROM job_dependency d JOIN job j ON j.id = d.job_id WHERE d.needs_id = NEW.id AND j.state = 'queued' ORDER BY j.id FOR NO KEY UPDATE OF j
  LOOP
    IF NEW.state <> 'succeeded' THEN
      UPDATE job SET state = 'dead', finished_at = clock_timestamp(), error = jsonb_build_object(
        'code', 'dependency_failed', 'message', 'This had to wait for other work, which failed. Try that again first.') WHERE id = waiting.id;
    ELSIF waiting.waits_for > 1 THEN
      UPDATE job SET waits_for = waits_for - 1 WHERE id = waiting.id;
    ELSE
      UPDATE job SET waits_for = 0, run_at = clock_timestamp() WHERE id = waiting.id;
      PERFORM emit(gen_random_uuid(), 'job.changed', waiting.uid, waiting.program_id, waiting.actor_id,
                   jsonb_build_object('type', waiting.type, 'family', waiting.family, 'state', 'queued', 'attempt', waiting.attempt), waiting.request_id, NULL);
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER job_ended AFTER UPDATE OF state ON job FOR EACH ROW
  WHEN (NEW.state IN ('succeeded', 'dead', 'cancelled') AND OLD.state IN ('queued', 'running')) EXECUTE FUNCTION job_ended();

-- A retry opens the job again: its parent waits for it once more.
CREATE FUNCTION job_reopened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job SET children_open = children_open + 1 WHERE id = NEW.parent_id;
  RETURN NULL;
END $$;
CREATE TRIGGER job_reopened AFTER UPDATE OF state ON job FOR EACH ROW
  WHEN (NEW.parent_id IS NOT NULL AND NEW.state = 'queued' AND OLD.state IN ('dead', 'cancelled')) EXECUTE FUNCTION job_reopened();

-- Like `job_fail` of version 1; where `delays` are given, they are the seconds before each further try, and as many tries there are.
CREATE FUNCTION job_fail(
  job_id bigint, my_attempt int, why jsonb, permanent boolean, limit_of_failures int, backoff_seconds double precision, delays double precision[])
RETURNS text LANGUAGE sql AS $$
  WITH verdict AS (
    SELECT id, CASE WHEN cancel_requested THEN 'cancelled'
      WHEN permanent OR failures + 1 >= coalesce(cardinality(delays) + 1, limit_of_failures) THEN 'dead' ELSE 'queued' END AS state
    FROM job WHERE id = job_id AND attempt = my_attempt AND state = 'running' FOR NO KEY UPDATE)
  UPDATE job j SET state = v.state, failures = failures + 1, error = why, worker = NULL, lease_until = NULL, progress = NULL, note = NULL,
    run_at = CASE WHEN v.state = 'queued' THEN clock_timestamp() + CASE
      WHEN delays IS NULL THEN random() * least(interval '300 s', make_interval(secs => backoff_seconds * 2.0 ^ least(failures, 20)))
      ELSE (0.9 + 0.2 * random()) * make_interval(secs => delays[failures + 1]) END ELSE run_at END,
    finished_at = CASE WHEN v.state = 'queued' THEN NULL ELSE clock_timestamp() END
  FROM verdict v WHERE j.id = v.id RETURNING j.state
$$;

-- Gives back the jobs whose leases ran out, each once: what another sweeper holds is passed by. Returns their families. Jobs that did
-- not begin by their deadline are dead.
CREATE OR REPLACE FUNCTION job_sweep() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE expired record;
BEGIN
  UPDATE job SET state = 'dead', finished_at = clock_timestamp(),
    error = '{"code": "too_late", "message": "This could not begin before its deadline. Ask for it again."}'
  WHERE id IN (SELECT id FROM job WHERE state = 'queued' AND not_after < clock_timestamp() ORDER BY id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED);
  FOR expired IN SELECT id, attempt, family FROM job WHERE state = 'running' AND lease_until < clock_timestamp() ORDER BY id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED LOOP
    PERFORM job_give_back(expired.id, expired.attempt, true);
    RETURN NEXT expired.family;
  END LOOP;
END $$;

-- One turn of the relay, in autocommit: numbers up to `batch` waiting events, tells the event streams of the app servers, and returns
-- the families in which jobs were queued, for which the caller offers permits.
CREATE FUNCTION relay_step(batch int, OUT numbered int, OUT last bigint, OUT families text[]) LANGUAGE plpgsql AS $$
BEGIN
  numbered := number_outbox(batch);
  last := coalesce((SELECT max(p.position) FROM outbox_position p), 0);
  families := '{}';
  IF numbered > 0 THEN
    families := ARRAY(
      SELECT DISTINCT queued.family FROM outbox_position p
      CROSS JOIN LATERAL (
        SELECT o.data ->> 'family' AS family FROM outbox o WHERE o.id = p.id AND o.type = 'job.changed' AND o.data ->> 'state' = 'queued' OFFSET 0
      ) queued
      WHERE p.position > last - numbered);
    PERFORM pg_notify('cascadia_positions', last::text);
  END IF;
END $$;

-- Moves up to `batch` jobs that ended before a moment into the archive, with the log and for whom they ran; how many. The newest tick
-- of a schedule stays (a later look asks whether it was there), and so does who has children or dependents left.
CREATE FUNCTION job_archive_ended(before timestamptz, batch int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE leaving bigint[]; month timestamp;
BEGIN
  leaving := ARRAY(
    SELECT j.id FROM job j
    WHERE j.finished_at < before
      AND NOT EXISTS (SELECT 1 FROM job c WHERE c.parent_id = j.id)
      AND NOT EXISTS (SELECT 1 FROM job_dependency d JOIN job w ON w.id = d.job_id WHERE d.needs_id = j.id AND w.state = 'queued')
      AND (j.dedupe IS NULL OR EXISTS (SELECT 1 FROM job n WHERE n.key = j.key AND n.family = j.family AND n.dedupe IS NOT NULL AND n.id > j.id))
    ORDER BY j.finished_at LIMIT batch);
  FOR month IN SELECT DISTINCT date_trunc('month', finished_at AT TIME ZONE 'UTC') FROM job WHERE id = ANY (leaving) LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF job_archive FOR VALUES FROM (%L) TO (%L)',
      'job_archive_' || to_char(month, 'YYYY_MM'), month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
  END LOOP;
  INSERT INTO job_archive (id, uid, family, type, state, finished_at, job, subscribers, log)
  SELECT j.id, j.uid, j.family, j.type, j.state, j.finished_at, to_jsonb(j),
    (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.subscriber_id), '[]') FROM job_subscriber s WHERE s.job_id = j.id),
    (SELECT coalesce(jsonb_agg(to_jsonb(g) ORDER BY g.log_id), '[]') FROM job_log g WHERE g.job_id = j.id)
  FROM job j WHERE j.id = ANY (leaving);
  DELETE FROM job WHERE id = ANY (leaving);
  RETURN cardinality(leaving);
END $$;

-- Counts the jobs that ended since a moment, hour by hour, anew.
CREATE FUNCTION job_count_ended(since timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE counted int;
BEGIN
  INSERT INTO job_statistic AS s (hour, type, state, family, jobs, waited_seconds, ran_seconds)
  SELECT date_trunc('hour', finished_at), type, state, min(family), count(*),
    coalesce(sum(extract(epoch FROM started_at - created_at)) FILTER (WHERE started_at >= created_at), 0),
    coalesce(sum(extract(epoch FROM finished_at - started_at)) FILTER (WHERE finished_at >= started_at), 0)
  FROM job WHERE finished_at >= date_trunc('hour', since) GROUP BY 1, 2, 3
  ON CONFLICT (hour, type, state) DO UPDATE
    SET jobs = EXCLUDED.jobs, waited_seconds = EXCLUDED.waited_seconds, ran_seconds = EXCLUDED.ran_seconds;
  GET DIAGNOSTICS counted = ROW_COUNT;
  RETURN counted;
END $$;

-- The relay's statements look up single rows of tables that grow for ever. Their plans are kept by each session, and one that was made
-- while a table was small read all of it, each time (measured: 20 ms instead of 2 at 20,000 events).
ALTER FUNCTION number_outbox(int) SET enable_seqscan = off;
ALTER FUNCTION number_outbox(int) SET enable_hashjoin = off;
ALTER FUNCTION number_outbox(int) SET enable_mergejoin = off;
ALTER FUNCTION relay_step(int) SET enable_seqscan = off;
ALTER FUNCTION relay_step(int) SET enable_hashjoin = off;
ALTER FUNCTION relay_step(int) SET enable_mergejoin = off;
