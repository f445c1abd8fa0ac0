-- Jobs as one person may see them: by a program in which they have a role today, or by their own subscription where it is of no program;
-- administrators see all. The subject is the one of the subscription by which they see it: whoever joined a job learns nothing about the
-- others' files.
SELECT j.id, j.uid, j.type, j.family, j.state, j.progress, j.note, j.attempt, j.failures, j.deferrals, j.away, j.away_since, j.error, j.result, j.cancel_requested,
  j.created_at, nullif(j.run_at, 'infinity') AS run_at, j.started_at, j.finished_at, above.uid AS parent_uid, j.children, j.children_open,
  s.subject_kind, s.subject, s.subject_name, u.uid AS actor_uid, u.name AS actor_name, p.uid AS program_uid, p.code AS program_code, p.name AS program_name
FROM job j
LEFT JOIN LATERAL (
  SELECT * FROM job_subscriber s
  WHERE s.job_id = j.id AND (s.program_id = ANY (%(programs)s) OR (s.program_id IS NULL AND s.actor_id = %(actor)s))
  ORDER BY s.actor_id IS DISTINCT FROM %(actor)s, s.subscriber_id LIMIT 1
) s ON true
LEFT JOIN job above ON above.id = j.parent_id
LEFT JOIN user_account u ON u.user_id = s.actor_id
LEFT JOIN program p ON p.program_id = s.program_id
WHERE (s.job_id IS NOT NULL OR %(everything)s)
