-- Returns the visible parts at the head of main that may be the wanted components (finding._Found), each once, with all ways in which it was found.
WITH w AS (
  SELECT * FROM jsonb_to_recordset(%(wanted)s) AS w(component text, item_id bigint, number text, name text, hash text, keys text[], shapes text[], mpns text[])
),
seen AS (SELECT project_id FROM project WHERE program_id = ANY(%(programs)s::int[]) OR library),
hits AS (
  SELECT w.component, w.item_id, 'source' AS way FROM w WHERE w.item_id IS NOT NULL
  UNION ALL
  SELECT w.component, n.item_id, CASE n.role WHEN 'current' THEN 'number' ELSE 'alias' END FROM w
  JOIN LATERAL (SELECT o.item_id, o.role FROM item_number o WHERE o.key = folded(w.number) ORDER BY o.number <> w.number, o.twin LIMIT 1) n ON true
  UNION ALL
  SELECT w.component, m.item_id, 'maker' FROM w JOIN LATERAL (
    SELECT v.item_id FROM unnest(w.mpns) AS mpn JOIN item_v v ON folded(v.attributes ->> 'mpn') = folded(mpn) AND v.attributes ? 'mpn'
      AND v.to_seq = 9223372036854775807 AND v.branch_id = 0 JOIN item i USING (item_id) JOIN seen USING (project_id) LIMIT %(most)s) m ON true
  UNION ALL
  SELECT w.component, g.item_id, 'geometry' FROM w JOIN LATERAL (
    SELECT v.item_id FROM item_v v JOIN item i USING (item_id) JOIN seen USING (project_id)
    WHERE v.attributes ->> 'geometry' = ANY(w.keys) AND v.attributes ? 'geometry' AND v.attributes ->> 'shape' = ANY(w.shapes)
      AND v.to_seq = 9223372036854775807 AND v.branch_id = 0
    ORDER BY i.project_id <> %(project_id)s, v.item_id LIMIT %(most)s) g ON true
  UNION ALL
  SELECT w.component, g.item_id, 'geometry' FROM w JOIN LATERAL (
    SELECT v.item_id FROM item_v v JOIN item i USING (item_id) JOIN seen USING (project_id)
    WHERE v.attributes ->> 'geometry_hash' = w.hash AND v.attributes ? 'geometry_hash' AND v.to_seq = 9223372036854775807 AND v.branch_id = 0
    ORDER BY i.project_id <> %(project_id)s, v.item_id LIMIT %(most)s) g ON true
  UNION ALL
  SELECT w.component, s.item_id, 'other_name' FROM w JOIN LATERAL (
    SELECT v.item_id FROM item_v v JOIN item i USING (item_id) JOIN seen USING (project_id)
    WHERE folded(v.name) = folded(w.name) AND v.to_seq = 9223372036854775807 AND v.branch_id = 0
    ORDER BY i.project_id <> %(project_id)s, v.item_id LIMIT %(most)s) s ON true
)
SELECT h.component, h.item_id, i.uid, i.number, v.name, h.ways, i.project_id = %(project_id)s AS here,
  ARRAY(SELECT n.number FROM item_number n WHERE n.item_id = h.item_id) AS numbers, v.attributes
FROM (SELECT component, item_id, array_agg(DISTINCT way) AS ways FROM hits GROUP BY component, item_id) h
JOIN item i ON i.item_id = h.item_id AND i.kind = 'part'
JOIN seen ON seen.project_id = i.project_id
JOIN item_v v ON v.branch_id = 0 AND v.item_id = h.item_id AND v.to_seq = 9223372036854775807 AND NOT v.deleted
