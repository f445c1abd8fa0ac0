-- The items that a list shows, as the FROM and WHERE of `pick_page` and `count`; `p` is the point.
FROM p
CROSS JOIN item i
JOIN item_v v ON v.branch_id = p.branch_id AND v.item_id = i.item_id AND v.to_seq > p.seq AND v.from_seq <= p.seq AND NOT v.deleted
JOIN project pr ON pr.project_id = i.project_id
JOIN program pg ON pg.program_id = pr.program_id
WHERE i.kind = %(kind)s
  AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
  AND (%(project)s::uuid IS NULL OR pr.uid = %(project)s::uuid)
  AND (%(program)s::uuid IS NULL OR pg.uid = %(program)s::uuid)
  AND (%(phase)s::text IS NULL OR v.phase = %(phase)s::text)
  AND (%(number)s::text IS NULL OR i.item_id IN (SELECT n.item_id FROM item_number n WHERE n.role = 'current' AND n.key = folded(%(number)s::text)))
  AND (%(like)s::text IS NULL OR i.number ILIKE %(like)s::text OR v.name ILIKE %(like)s::text
       OR EXISTS (SELECT 1 FROM item_number n WHERE n.item_id = i.item_id AND n.key LIKE folded(%(like)s::text)))
  AND (%(released)s::boolean IS NULL OR %(released)s::boolean = EXISTS (
       SELECT 1 FROM revision r WHERE r.item_id = i.item_id AND r.branch_id = p.branch_id AND r.seq <= p.seq))
