-- Returns the full rows (model.ItemRow) of the items in `picked` (item_id, ordinal) at the point `p`, in order of `ordinal`.
SELECT i.item_id, i.uid, i.kind, i.number,
  coalesce((SELECT array_agg(n.number ORDER BY n.number) FROM item_number n WHERE n.item_id = i.item_id AND n.role = 'alias'), '{}') AS aliases,
  v.branch_id, v.from_seq, v.name, v.description, v.phase, v.attributes,
  v.owner_id, o.uid AS owner_uid, o.name AS owner_name,
  i.project_id, pr.uid AS project_uid, pr.code AS project_code, pr.name AS project_name, pr.program_id,
  (SELECT r.revision FROM revision r WHERE r.item_id = i.item_id AND r.branch_id = p.branch_id AND r.seq <= p.seq ORDER BY r.seq DESC LIMIT 1) AS revision,
  i.created_at, c.at AS updated_at, u.uid AS updated_by_uid, u.name AS updated_by_name,
  p.branch AS at_branch, p.seq AS at_seq, p.head AS at_head, p.time AS at_time,
  m.file_uid AS model_file, m.component AS model_component, coalesce(m.thumbnail, false) AS has_thumbnail, coalesce(m.model, false) AS has_model
FROM p
CROSS JOIN picked k
JOIN item i ON i.item_id = k.item_id
JOIN item_v v ON v.branch_id = p.branch_id AND v.item_id = i.item_id AND v.to_seq > p.seq AND v.from_seq <= p.seq AND NOT v.deleted
JOIN project pr ON pr.project_id = i.project_id
JOIN commit_log c ON c.branch_id = v.branch_id AND c.seq = v.from_seq
JOIN user_account u ON u.user_id = c.author_id
LEFT JOIN user_account o ON o.user_id = v.owner_id
LEFT JOIN LATERAL item_model(i.item_id, p.branch_id, p.seq) m ON true
ORDER BY k.ordinal
