-- Returns every distinct line below an item at a point, each once, whatever the number of its occurrences; stops at items that the programs hide.
WITH RECURSIVE reach(item_id) AS (
  SELECT %(root)s::bigint
  UNION
  SELECT v.child_id
  FROM reach r
  JOIN item i ON i.item_id = r.item_id
  JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
  JOIN bom_v v ON v.branch_id = %(branch_id)s AND v.parent_id = r.item_id AND v.to_seq > %(seq)s AND v.from_seq <= %(seq)s AND NOT v.deleted
)
SELECT l.uid, v.from_seq, v.parent_id, v.child_id, v.quantity, v.unit, v.quantity_kind, v.find_number, v.designators, v.note,
  CASE WHEN v.placements = '{}' THEN '{}' ELSE ARRAY(SELECT jsonb_object_keys(v.placements) ORDER BY 1) END AS instances
FROM reach r
JOIN item i ON i.item_id = r.item_id
JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
JOIN bom_v v ON v.branch_id = %(branch_id)s AND v.parent_id = r.item_id AND v.to_seq > %(seq)s AND v.from_seq <= %(seq)s AND NOT v.deleted
JOIN bom_line l ON l.line_id = v.line_id
ORDER BY v.parent_id, v.find_number NULLS LAST, v.line_id
