-- Begins a query: `p` = the point, `picked` = the line of a uid, where the programs allow its parent.
WITH p AS (SELECT * FROM point(%(branch)s, %(at_seq)s, %(at_time)s)),
picked AS (
  SELECT v.line_id, v.from_seq, 1 AS ordinal
  FROM p
  JOIN bom_line l ON l.uid = %(uid)s
  JOIN bom_v v ON v.branch_id = p.branch_id AND v.line_id = l.line_id AND v.to_seq > p.seq AND v.from_seq <= p.seq AND NOT v.deleted
  JOIN item i ON i.item_id = v.parent_id
  JOIN project pr ON pr.project_id = i.project_id
  WHERE pr.program_id = ANY(%(programs)s::int[]) OR pr.library
)
