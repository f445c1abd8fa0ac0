-- Returns the visible parts at the head of main that may be the wanted components (matching.Hit), each once, found in the surest way.
WITH w AS (SELECT * FROM jsonb_to_recordset(%(wanted)s) AS w(component text, number text, name text, hash text)),
hits AS (
  SELECT w.component, n.item_id, CASE n.role WHEN 'current' THEN 1 ELSE 2 END AS rank FROM w
  JOIN LATERAL (SELECT o.item_id, o.role FROM item_number o WHERE o.key = folded(w.number) ORDER BY o.number <> w.number, o.twin LIMIT 1) n ON true
  UNION ALL
  SELECT w.component, v.item_id, 3 FROM w JOIN item_v v ON v.attributes ->> 'geometry_hash' = w.hash AND v.attributes ? 'geometry_hash'
    AND v.to_seq = 9223372036854775807 AND v.branch_id = 0
  UNION ALL
  SELECT w.component, v.item_id, 4 FROM w JOIN item_v v ON folded(v.name) = folded(w.name) AND v.to_seq = 9223372036854775807 AND v.branch_id = 0
    JOIN item i ON i.item_id = v.item_id AND i.project_id = %(project_id)s
)
SELECT DISTINCT ON (h.component, h.item_id) h.component, h.item_id, i.uid, i.number, v.name,
  (ARRAY['number', 'alias', 'geometry', 'name'])[h.rank] AS match_by, v.attributes
FROM hits h
JOIN item i ON i.item_id = h.item_id AND i.kind = 'part'
JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
JOIN item_v v ON v.branch_id = 0 AND v.item_id = h.item_id AND v.to_seq = 9223372036854775807 AND NOT v.deleted
ORDER BY h.component, h.item_id, h.rank
