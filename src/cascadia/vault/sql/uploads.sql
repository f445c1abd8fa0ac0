-- Returns uploads (uploads.UploadRow) whose day is not over; a condition and an order follow.
SELECT u.upload_id, u.uid, u.created_by, a.uid AS created_by_uid, a.name AS created_by_name, u.created_at,
  u.project_id, p.uid AS project_uid, p.code AS project_code, p.name AS project_name, p.program_id,
  u.name, u.media_type, u.size, encode(u.sha256, 'hex') AS sha256, u.received, u.state, u.file_uid, u.error, u.expires_at,
  encode(u.hashed, 'hex') AS hashed, tail.start AS tail_start, tail.key AS tail_key
FROM upload u
JOIN project p USING (project_id)
JOIN user_account a ON a.user_id = u.created_by
LEFT JOIN LATERAL (SELECT start, key FROM upload_piece t WHERE t.upload_id = u.upload_id ORDER BY start DESC LIMIT 1) tail ON true
WHERE u.expires_at > now()
