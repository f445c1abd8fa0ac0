-- One job of the archive, in the columns of `jobs.sql` and seen by the same people.
SELECT j.id, a.uid, a.type, a.family, a.state, j.progress, j.note, j.attempt, j.failures, coalesce(j.deferrals, 0) AS deferrals, j.away, j.away_since, j.error, j.result, j.cancel_requested,
  j.created_at, nullif(j.run_at, 'infinity') AS run_at, j.started_at, a.finished_at, above.uid AS parent_uid, j.children, j.children_open,
  s.subject_kind, s.subject, s.subject_name, u.uid AS actor_uid, u.name AS actor_name, p.uid AS program_uid, p.code AS program_code, p.name AS program_name
FROM job_archive a
CROSS JOIN LATERAL jsonb_populate_record(NULL::job, a.job) j
LEFT JOIN LATERAL (
  SELECT * FROM jsonb_populate_recordset(NULL::job_subscriber, a.subscribers) s
  WHERE s.program_id = ANY (%(programs)s) OR (s.program_id IS NULL AND s.actor_id = %(actor)s)
  ORDER BY s.actor_id IS DISTINCT FROM %(actor)s, s.subscriber_id LIMIT 1
) s ON true
LEFT JOIN LATERAL (
  SELECT uid FROM job WHERE id = j.parent_id UNION ALL SELECT uid FROM job_archive WHERE id = j.parent_id LIMIT 1
) above ON j.parent_id IS NOT NULL
LEFT JOIN user_account u ON u.user_id = s.actor_id
LEFT JOIN program p ON p.program_id = s.program_id
WHERE a.uid = %(uid)s AND (s.job_id IS NOT NULL OR %(everything)s)
LIMIT 1
