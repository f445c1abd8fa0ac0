-- Returns the point, the item (where the programs allow it) and the version of its BOM there.
SELECT p.branch_id, p.branch, p.seq, p.head, p.time, i.item_id, i.uid, i.number, i.kind, pr.program_id, bom_version(p.branch_id, i.item_id, p.seq) AS bom_seq
FROM point(%(branch)s, %(at_seq)s, %(at_time)s) p
JOIN item i ON i.uid = %(uid)s
JOIN project pr ON pr.project_id = i.project_id
JOIN item_v v ON v.branch_id = p.branch_id AND v.item_id = i.item_id AND v.to_seq > p.seq AND v.from_seq <= p.seq AND NOT v.deleted
WHERE pr.program_id = ANY(%(programs)s::int[]) OR pr.library
