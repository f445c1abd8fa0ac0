-- Returns the items that use an item at a point, nearest level first, and whether hidden ones use it too.
WITH RECURSIVE up(item_id, level) AS (
  SELECT %(item_id)s::bigint, 0
  UNION
  SELECT v.parent_id, up.level + 1
  FROM up JOIN bom_v v ON v.branch_id = %(branch_id)s AND v.child_id = up.item_id AND v.to_seq > %(seq)s AND v.from_seq <= %(seq)s AND NOT v.deleted
  WHERE %(levels)s::int IS NULL OR up.level < %(levels)s::int
),
nearest AS (SELECT item_id, min(level) AS level FROM up WHERE level > 0 GROUP BY item_id),
shown AS (
  SELECT n.item_id, n.level, i.uid, i.number, (pr.program_id = ANY(%(programs)s::int[]) OR pr.library) AS visible,
    NOT EXISTS (SELECT 1 FROM bom_v t WHERE t.branch_id = %(branch_id)s AND t.child_id = n.item_id AND t.to_seq > %(seq)s AND t.from_seq <= %(seq)s AND NOT t.deleted) AS top
  FROM nearest n JOIN item i USING (item_id) JOIN project pr USING (project_id)
),
picked AS (
  SELECT * FROM shown WHERE visible AND (NOT %(top_only)s OR top)
    AND (%(after_level)s::int IS NULL OR (level, number) > (%(after_level)s::int, %(after_number)s::text))
  ORDER BY level, number LIMIT %(limit)s
)
SELECT k.uid, k.number, v.name, v.phase, k.level, k.top,
  (SELECT sum(d.quantity) FROM bom_v d WHERE d.branch_id = %(branch_id)s AND d.child_id = %(item_id)s AND d.parent_id = k.item_id
     AND d.to_seq > %(seq)s AND d.from_seq <= %(seq)s AND NOT d.deleted) AS quantity,
  (SELECT min(d.unit) FROM bom_v d WHERE d.branch_id = %(branch_id)s AND d.child_id = %(item_id)s AND d.parent_id = k.item_id
     AND d.to_seq > %(seq)s AND d.from_seq <= %(seq)s AND NOT d.deleted) AS unit,
  (SELECT r.revision FROM revision r WHERE r.item_id = k.item_id AND r.branch_id = %(branch_id)s AND r.seq <= %(seq)s ORDER BY r.seq DESC LIMIT 1) AS revision,
  h.hidden
FROM (SELECT EXISTS (SELECT 1 FROM shown WHERE NOT visible) AS hidden) h
LEFT JOIN picked k ON true
LEFT JOIN item_v v ON v.branch_id = %(branch_id)s AND v.item_id = k.item_id AND v.to_seq > %(seq)s AND v.from_seq <= %(seq)s
ORDER BY k.level, k.number
