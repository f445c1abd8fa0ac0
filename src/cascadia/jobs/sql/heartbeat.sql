-- Renews the leases of the attempts that this worker runs and carries their progress: one row per attempt that still holds its job or
-- has just ended it well (its child may be about to say so), with whether somebody asked to cancel it. Watching browsers get the
-- progress as a notice that is stored nowhere.
WITH beat AS (
  SELECT * FROM jsonb_to_recordset(%(beats)s) AS b(id bigint, attempt int, progress real, note text, moved boolean)
), renewed AS (
  UPDATE job j
  SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
      progress = CASE WHEN b.moved THEN b.progress ELSE j.progress END, note = CASE WHEN b.moved THEN b.note ELSE j.note END
  FROM beat b WHERE j.id = b.id AND j.attempt = b.attempt AND j.state = 'running'
  RETURNING j.id, j.uid, j.progress, j.note, j.cancel_requested, b.moved
)
SELECT j.id, j.attempt, coalesce(r.cancel_requested, false) AS cancel_requested, CASE WHEN r.moved THEN (pg_notify('cascadia_progress', jsonb_build_object(
  'id', r.uid, 'state', 'running', 'progress', round(r.progress::numeric, 3), 'note', r.note,
  'programs', (SELECT coalesce(jsonb_agg(DISTINCT s.program_id) FILTER (WHERE s.program_id IS NOT NULL), '[]') FROM job_subscriber s WHERE s.job_id = r.id),
  'actors', (SELECT coalesce(jsonb_agg(DISTINCT s.actor_id) FILTER (WHERE s.actor_id IS NOT NULL), '[]')
    FROM job_subscriber s WHERE s.job_id = r.id AND s.program_id IS NULL)
)::text))::text END AS noticed
FROM beat b
JOIN job j ON j.id = b.id AND j.attempt = b.attempt AND j.state IN ('running', 'succeeded')
LEFT JOIN renewed r ON r.id = j.id
