-- Begins a query: `p` = the point, `picked` = the item of a uid or of a number or alias, where the programs allow it.
WITH p AS (SELECT * FROM point(%(branch)s, %(at_seq)s, %(at_time)s)),
picked AS (
  SELECT i.item_id, 1 AS ordinal
  FROM item i JOIN project pr USING (project_id)
  WHERE i.item_id = coalesce(
      (SELECT x.item_id FROM item x WHERE x.uid = %(uid)s::uuid),
      (SELECT n.item_id FROM item_number n WHERE n.key = folded(%(number)s::text) ORDER BY n.number <> %(number)s::text, n.twin LIMIT 1))
    AND i.kind = ANY(%(kinds)s::text[])
    AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
)
