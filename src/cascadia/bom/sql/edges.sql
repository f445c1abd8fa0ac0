-- Returns every distinct line below an item at a point, each once, whatever the number of its occurrences; stops at items that the programs hide.
-- The laterals (fenced by OFFSET 0) make it one index range per item: without statistics the planner would read all lines for each.
WITH RECURSIVE reach(item_id) AS (
  SELECT %(root)s::bigint
  UNION
  SELECT v.child_id
  FROM reach r
  JOIN item i ON i.item_id = r.item_id
  JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
  CROSS JOIN LATERAL (
    SELECT b.child_id FROM bom_v b
    WHERE b.branch_id = %(branch_id)s AND b.parent_id = r.item_id AND b.to_seq > %(seq)s AND b.from_seq <= %(seq)s AND NOT b.deleted OFFSET 0) v
),
shown AS MATERIALIZED (
  SELECT r.item_id FROM reach r JOIN item i USING (item_id)
  JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
)
SELECT l.uid, v.from_seq, v.parent_id, v.child_id, v.quantity, v.unit, v.quantity_kind, v.find_number, v.note,
  CASE WHEN v.designators = '{}' THEN '{}' ELSE ARRAY(SELECT jsonb_object_keys(v.designators)) END AS designators,
  CASE WHEN v.placements = '{}' THEN '{}' ELSE ARRAY(SELECT jsonb_object_keys(v.placements) ORDER BY 1) END AS instances
FROM shown s
CROSS JOIN LATERAL (
  SELECT * FROM bom_v b
  WHERE b.branch_id = %(branch_id)s AND b.parent_id = s.item_id AND b.to_seq > %(seq)s AND b.from_seq <= %(seq)s AND NOT b.deleted OFFSET 0) v
JOIN bom_line l ON l.line_id = v.line_id
ORDER BY v.parent_id, v.find_number NULLS LAST, v.line_id
