-- Returns the full rows (model.LineRow) of the lines in `picked` (line_id, from_seq, ordinal) at the point `p`, in order of `ordinal`.
SELECT v.line_id, l.uid, v.branch_id, v.from_seq,
  v.parent_id, i.uid AS parent_uid, i.number AS parent_number, iv.name AS parent_name, ip.program_id AS parent_program,
  v.child_id, c.uid AS child_uid, c.number AS child_number, cv.name AS child_name, cv.phase AS child_phase,
  (SELECT r.revision FROM revision r WHERE r.item_id = c.item_id AND r.branch_id = p.branch_id AND r.seq <= p.seq ORDER BY r.seq DESC LIMIT 1) AS child_revision,
  (cp.program_id = ANY(%(programs)s::int[]) OR cp.library) AS child_visible,
  m.file_uid AS child_file, m.component AS child_component, coalesce(m.thumbnail, false) AS child_thumbnail,
  v.quantity, v.unit, v.quantity_kind, v.find_number, v.designators, v.note, v.placements,
  p.branch AS at_branch, p.seq AS at_seq, p.head AS at_head, p.time AS at_time
FROM p
CROSS JOIN picked k
JOIN bom_v v ON v.branch_id = p.branch_id AND v.line_id = k.line_id AND v.from_seq = k.from_seq
JOIN bom_line l ON l.line_id = v.line_id
JOIN item i ON i.item_id = v.parent_id
JOIN project ip ON ip.project_id = i.project_id
JOIN item_v iv ON iv.branch_id = p.branch_id AND iv.item_id = v.parent_id AND iv.to_seq > p.seq AND iv.from_seq <= p.seq
JOIN item c ON c.item_id = v.child_id
JOIN project cp ON cp.project_id = c.project_id
LEFT JOIN item_v cv ON cv.branch_id = p.branch_id AND cv.item_id = v.child_id AND cv.to_seq > p.seq AND cv.from_seq <= p.seq
LEFT JOIN LATERAL item_model(c.item_id, p.branch_id, p.seq) m ON true
ORDER BY k.ordinal
