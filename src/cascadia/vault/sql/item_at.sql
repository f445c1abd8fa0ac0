-- Returns the point and the item there (model.ItemPoint), where the programs allow it and the item exists at that point.
SELECT i.item_id, p.branch, p.seq, p.head, p.time
FROM point(%(branch)s, %(at_seq)s, %(at_time)s) p
CROSS JOIN item i
JOIN project pr USING (project_id)
JOIN {item_v} v ON v.branch_id = p.branch_id AND v.item_id = i.item_id AND v.to_seq > p.seq AND v.from_seq <= p.seq AND NOT v.deleted
WHERE i.uid = %(uid)s AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
