-- Returns which shapes of visible parts at the head of main are to be compared with the wanted components (shapes.Asked): those with a coarse key
-- near theirs, and those of parts that were found by what is remembered, by number or by name.
WITH w AS (SELECT * FROM jsonb_to_recordset(%(wanted)s) AS w(component text, number text, name text, keys text[])),
found AS (
  SELECT w.component, g.item_id FROM w CROSS JOIN LATERAL (
    SELECT DISTINCT ON (v.attributes ->> 'shape') v.item_id FROM item_v v
    JOIN item i ON i.item_id = v.item_id JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
    WHERE v.attributes ->> 'geometry' = ANY(w.keys) AND v.attributes ? 'geometry' AND v.to_seq = 9223372036854775807 AND v.branch_id = 0
    ORDER BY v.attributes ->> 'shape', (i.project_id = %(project_id)s) DESC, v.item_id LIMIT %(most)s) g
  UNION ALL
  SELECT w.component, s.item_id FROM w JOIN item_source s ON s.key = w.component
    JOIN lineage l ON l.lineage_id = s.lineage_id AND l.project_id = %(project_id)s AND l.name = folded(%(file_name)s)
  UNION ALL
  SELECT w.component, n.item_id FROM w JOIN item_number n ON n.key = folded(w.number)
  UNION ALL
  SELECT w.component, v.item_id FROM w JOIN item_v v ON folded(v.name) = folded(w.name) AND v.to_seq = 9223372036854775807 AND v.branch_id = 0
    JOIN item i ON i.item_id = v.item_id AND i.project_id = %(project_id)s
)
SELECT DISTINCT f.component, v.attributes ->> 'shape' AS shape
FROM found f
JOIN item i ON i.item_id = f.item_id AND i.kind = 'part'
JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
JOIN item_v v ON v.branch_id = 0 AND v.item_id = f.item_id AND v.to_seq = 9223372036854775807 AND NOT v.deleted AND v.attributes ? 'shape'
ORDER BY f.component, shape
