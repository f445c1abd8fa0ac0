-- Begins a query: `p` = the point, `picked` = one page of items of a kind that the programs allow, filtered and in order.
WITH p AS (SELECT * FROM point(%(branch)s, %(at_seq)s, %(at_time)s)),
picked AS (
  SELECT f.item_id, row_number() OVER () AS ordinal
  FROM (
    SELECT i.item_id
    {matching}
      AND (%(after_id)s::bigint IS NULL OR {after})
    ORDER BY {order}
    LIMIT %(limit)s
  ) f
)
