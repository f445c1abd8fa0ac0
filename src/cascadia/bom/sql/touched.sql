-- Returns the parents whose lines changed after one commit up to another (networks._Touched): looks at `most` openings and `most` closings.
SELECT coalesce(array_agg(DISTINCT t.parent_id), '{}') AS parents,
  count(*) FILTER (WHERE t.opened) > %(most)s OR count(*) FILTER (WHERE NOT t.opened) > %(most)s AS others
FROM (
  (SELECT parent_id, true AS opened FROM bom_v WHERE branch_id = %(branch_id)s AND from_seq > %(after)s AND from_seq <= %(upto)s LIMIT %(most)s + 1)
  UNION ALL
  (SELECT parent_id, false FROM bom_v
    WHERE branch_id = %(branch_id)s AND to_seq > %(after)s AND to_seq <= %(upto)s AND to_seq < 9223372036854775807 LIMIT %(most)s + 1)
) t
