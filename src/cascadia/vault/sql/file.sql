-- Returns files (model.FileRow) that the programs allow; a condition and an order follow.
SELECT f.file_id, f.uid, f.name, f.media_type, f.size, encode(b.sha256, 'hex') AS sha256, b.key, f.blob_id,
  pr.uid AS project_uid, pr.code AS project_code, pr.name AS project_name, pr.program_id,
  u.uid AS created_by_uid, u.name AS created_by_name, f.created_at
FROM file f
JOIN blob b USING (blob_id)
JOIN project pr USING (project_id)
JOIN user_account u ON u.user_id = f.created_by
WHERE (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
