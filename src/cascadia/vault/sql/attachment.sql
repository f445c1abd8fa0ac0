-- Returns attachments (model.AttachmentRow) at a point, with their files, that the programs allow; a condition and an order follow.
SELECT v.attachment_id, a.uid, v.branch_id, v.from_seq, v.role, v.category, v.component,
  v.item_id, i.uid AS item_uid, i.number AS item_number, ipr.program_id AS item_program_id,
  f.file_id, f.uid AS file_uid, f.name, f.media_type, f.size, encode(b.sha256, 'hex') AS sha256, f.created_at,
  fpr.uid AS project_uid, fpr.code AS project_code, fpr.name AS project_name,
  u.uid AS created_by_uid, u.name AS created_by_name,
  (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.kind), '[]') FROM (
     SELECT DISTINCT ON (d.kind) d.kind, d.media_type, db.size, encode(db.sha256, 'hex') AS sha256
     FROM derivative d JOIN blob db ON db.blob_id = d.blob_id
     WHERE d.source_blob_id = f.blob_id AND d.component = '' ORDER BY d.kind, d.derivative_id DESC) d) AS derivatives,
  p.branch AS at_branch, p.seq AS at_seq, p.head AS at_head, p.time AS at_time
FROM point(%(branch)s, %(at_seq)s, %(at_time)s) p
JOIN attachment_v v ON v.branch_id = p.branch_id AND v.to_seq > p.seq AND v.from_seq <= p.seq AND NOT v.deleted
JOIN attachment a ON a.attachment_id = v.attachment_id
JOIN item i ON i.item_id = v.item_id
JOIN project ipr ON ipr.project_id = i.project_id
JOIN file f ON f.file_id = v.file_id
JOIN blob b ON b.blob_id = f.blob_id
JOIN project fpr ON fpr.project_id = f.project_id
JOIN user_account u ON u.user_id = f.created_by
WHERE (ipr.program_id = ANY(%(programs)s::int[]) OR ipr.library) AND (fpr.program_id = ANY(%(programs)s::int[]) OR fpr.library)
