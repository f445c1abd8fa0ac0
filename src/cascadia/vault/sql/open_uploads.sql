-- Returns uploads that became no file (uploads.OpenUpload), newest first: those of one person in the programs given, or (creator null) of all.
SELECT u.upload_id, u.uid, u.name, u.size, u.received, u.state, u.error, u.created_at, u.expires_at,
  j.uid AS project_uid, j.code AS project_code, j.name AS project_name, a.uid AS created_by_uid, a.name AS created_by_name
FROM upload u JOIN project j USING (project_id) JOIN user_account a ON a.user_id = u.created_by
WHERE u.state <> 'done' AND u.expires_at > now() AND (%(after)s::bigint IS NULL OR u.upload_id < %(after)s::bigint)
  AND (%(creator)s::bigint IS NULL OR (u.created_by = %(creator)s::bigint AND j.program_id = ANY(%(programs)s::int[])))
ORDER BY u.upload_id DESC LIMIT %(limit)s
