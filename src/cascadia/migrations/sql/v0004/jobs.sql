-- Owned by cascadia.jobs. As in version 2, but who waits for an ended job is looked up from the dependencies: a plan that was kept from a
-- small table began at the queue and read all of it, each time that a job ended (measured: 2,000 buffers a turn beside 600 queued jobs).
CREATE OR REPLACE FUNCTION job_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE parent job; waiting job; dependents bigint[];
BEGIN
  IF NEW.parent_id IS NOT NULL THEN
    UPDATE job SET children_open = children_open - 1 WHERE id = NEW.parent_id RETURNING * INTO parent;
    IF parent.children_open = 0 THEN
      PERFORM emit(gen_random_uuid(), 'job.children_ended', parent.uid, parent.program_id, parent.actor_id,
                   jsonb_build_object('type', parent.type, 'family', parent.family, 'children', parent.children), parent.request_id, NULL);
    END IF;
  END IF;
  dependents := ARRAY(SELECT job_id FROM job_dependency WHERE needs_id = NEW.id);
  IF cardinality(dependents) = 0 THEN RETURN NULL; END IF;
  FOR waiting IN
    SELECT j.* FROM job j WHERE j.id = ANY (dependents) AND j.state = 'queued' ORDER BY j.id FOR NO KEY UPDATE OF j
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

-- One turn of a worker: ends the attempts that came out well, then takes up to `free` due jobs whose types this worker knows, oldest of
-- the highest priority first. One row per job taken (or one without a job), each with `seen` (how many were due, taken or not) and
-- `ended` (the ids of the attempts that the ledger let end).
-- The candidates are read unlocked, by one index scan per family; only what is taken is locked (locking all candidates locked a row of
-- every family to take one, and a second worker found none). Rows are looked up by id alone, and their state is judged afterwards: with
-- the state in the condition, a plan that was kept from a small table reads the partial index of that state, which is the whole queue.
CREATE FUNCTION job_turn(done jsonb, wanted jsonb, types text[], free int, me text, lease_seconds double precision)
RETURNS TABLE (seen int, ended bigint[], id bigint, uid uuid, attempt int, family text, type text, payload jsonb, actor_id bigint,
               program_id int, request_id text, trace_id text, waited_seconds double precision)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE finish record; candidate record; state_now text; attempt_now int; due int := 0; over bigint[] := '{}'; taken bigint[] := '{}';
BEGIN
  FOR finish IN SELECT f.id, f.attempt, f.result FROM jsonb_to_recordset(done) AS f(id bigint, attempt int, result jsonb) ORDER BY f.id LOOP
    SELECT j.state, j.attempt INTO state_now, attempt_now FROM job j WHERE j.id = finish.id FOR NO KEY UPDATE;
    IF state_now = 'running' AND attempt_now = finish.attempt THEN
      UPDATE job j SET state = 'succeeded', result = finish.result, progress = 1, note = NULL, error = NULL, lease_until = NULL,
        finished_at = clock_timestamp() WHERE j.id = finish.id;
      over := over || finish.id;
    END IF;
  END LOOP;
  IF free > 0 THEN
    FOR candidate IN
      SELECT c.id FROM jsonb_to_recordset(wanted) AS w(family text, room int)
      CROSS JOIN LATERAL (
        SELECT j.id, j.priority, j.run_at, row_number() OVER (ORDER BY j.priority DESC, j.run_at, j.id) AS place
        FROM (
          SELECT q.id, q.priority, q.run_at FROM job q
          WHERE q.state = 'queued' AND q.family = w.family COLLATE "C" AND q.type = ANY (types) AND q.run_at <= now()
            AND (q.not_after IS NULL OR q.not_after > now())
          ORDER BY q.priority DESC, q.run_at, q.id LIMIT free
        ) j
      ) c
      WHERE c.place <= w.room
      ORDER BY c.priority DESC, c.run_at, c.id
    LOOP
      due := due + 1;
      IF cardinality(taken) < free THEN
        SELECT j.state INTO state_now FROM job j WHERE j.id = candidate.id FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND AND state_now = 'queued' THEN taken := taken || candidate.id; END IF;
      END IF;
    END LOOP;
  END IF;
  IF cardinality(taken) = 0 THEN
    seen := due; ended := over;
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY UPDATE job j
  SET state = 'running', attempt = j.attempt + 1, worker = me, progress = NULL, note = NULL,
      started_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
  WHERE j.id = ANY (taken)
  RETURNING due, over, j.id, j.uid, j.attempt, j.family, j.type, j.payload, j.actor_id, j.program_id, j.request_id, j.trace_id,
    extract(epoch FROM clock_timestamp() - j.run_at)::double precision;
END $$;
