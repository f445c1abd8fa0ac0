-- Events after a position that one person may see, oldest first: those of their programs, of no program for administrators, and of jobs
-- that concern them. At most `span` positions are looked at.
SELECT p.position, o.uid, o.type, o.subject, o.at, g.uid AS program_uid, u.uid AS actor_uid, o.data
FROM outbox_position p JOIN outbox o USING (id)
LEFT JOIN program g ON g.program_id = o.program_id
LEFT JOIN user_account u ON u.user_id = o.actor_id
WHERE p.position > %(after)s AND p.position <= %(after)s + %(span)s
  AND (cardinality(%(patterns)s::text[]) = 0 OR o.type LIKE ANY (%(patterns)s::text[]))
  AND (o.program_id = ANY (%(programs)s::int[])
    OR (o.program_id IS NULL AND %(administrator)s)
    OR (o.type LIKE 'job.%%' AND EXISTS (SELECT 1 FROM job j JOIN job_subscriber s ON s.job_id = j.id
        WHERE j.uid = o.subject AND (s.program_id = ANY (%(programs)s::int[]) OR (s.program_id IS NULL AND s.actor_id = %(actor)s)))))
ORDER BY p.position LIMIT %(limit)s
