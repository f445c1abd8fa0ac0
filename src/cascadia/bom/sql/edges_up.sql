-- Returns the lines above an item, for naming the path of a cycle.
WITH RECURSIVE up(item_id) AS (
  SELECT %(item_id)s::bigint UNION
  SELECT v.parent_id FROM up JOIN bom_v v ON v.branch_id = 0 AND v.child_id = up.item_id AND v.to_seq = 9223372036854775807 AND NOT v.deleted)
SELECT DISTINCT v.parent_id, v.child_id, CASE WHEN may.see THEN i.uid END AS uid, CASE WHEN may.see THEN i.number END AS number
FROM up
JOIN bom_v v ON v.branch_id = 0 AND v.child_id = up.item_id AND v.to_seq = 9223372036854775807 AND NOT v.deleted
JOIN item i ON i.item_id = v.parent_id
JOIN project pr ON pr.project_id = i.project_id
CROSS JOIN LATERAL (SELECT pr.program_id = ANY(%(programs)s::int[]) OR pr.library AS see) may
