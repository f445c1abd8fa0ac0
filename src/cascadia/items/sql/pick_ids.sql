-- Begins a query: `p` = the point, `picked` = the items of these ids that the programs allow.
WITH p AS (SELECT * FROM point(%(branch)s, %(at_seq)s, %(at_time)s)),
picked AS (
  SELECT i.item_id, i.item_id AS ordinal
  FROM item i JOIN project pr USING (project_id)
  WHERE i.item_id = ANY(%(ids)s::bigint[]) AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
)
