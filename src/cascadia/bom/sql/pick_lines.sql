-- Begins a query: `p` = the point, `picked` = one page of the lines of a parent, by find number and line.
WITH p AS (SELECT * FROM point(%(branch)s, %(at_seq)s, %(at_time)s)),
picked AS (
  SELECT f.line_id, f.from_seq, row_number() OVER () AS ordinal
  FROM (
    SELECT v.line_id, v.from_seq
    FROM p JOIN bom_v v ON v.branch_id = p.branch_id AND v.parent_id = %(parent_id)s AND v.to_seq > p.seq AND v.from_seq <= p.seq AND NOT v.deleted
    WHERE %(after_id)s::bigint IS NULL
       OR (coalesce(v.find_number, 2147483647), v.line_id) > (%(after_find)s::int, %(after_id)s::bigint)
    ORDER BY coalesce(v.find_number, 2147483647), v.line_id
    LIMIT %(limit)s
  ) f
)
