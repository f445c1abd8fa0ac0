-- What event streams show after a position, with who may see it: members of `programs`, and `actors` (those whose job it is, where it is of no program).
SELECT p.position, o.type, o.subject, o.data ->> 'state' AS state,
  CASE WHEN o.type = 'job.changed'
    THEN ARRAY(SELECT DISTINCT s.program_id FROM job j JOIN job_subscriber s ON s.job_id = j.id WHERE j.uid = o.subject AND s.program_id IS NOT NULL)
    ELSE ARRAY[o.program_id] END AS programs,
  CASE WHEN o.type = 'job.changed'
    THEN ARRAY(SELECT DISTINCT s.actor_id FROM job j JOIN job_subscriber s ON s.job_id = j.id
      WHERE j.uid = o.subject AND s.actor_id IS NOT NULL AND s.program_id IS NULL)
    ELSE ARRAY[]::bigint[] END AS actors,
  (o.data ->> 'seq')::bigint AS seq
FROM outbox_position p JOIN outbox o USING (id)
WHERE p.position > %(after)s AND (o.type = 'job.changed' OR o.program_id IS NOT NULL)
ORDER BY p.position LIMIT %(limit)s
