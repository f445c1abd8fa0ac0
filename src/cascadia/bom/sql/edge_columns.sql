-- Returns the lines of some parents at a point as one row of columns (columns.Packed); null columns where there are none.
-- A quantity that does not fit 64 bits in billionths is -1, and whole in `odd`. What has no designators, note or places is null.
SELECT array_send(array_agg(v.line_id)) AS line, array_send(array_agg(v.from_seq)) AS from_seq, array_send(array_agg(l.uid)) AS uid,
  array_send(array_agg(v.parent_id)) AS parent, array_send(array_agg(v.child_id)) AS child,
  array_send(array_agg(coalesce(v.find_number, 0)::bigint)) AS find,
  array_send(array_agg(CASE WHEN v.odd THEN -1 ELSE v.quantity * 1000000000 END::bigint)) AS quantity,
  coalesce(jsonb_object_agg(v.line_id, v.quantity::text) FILTER (WHERE v.odd), '{}') AS odd,
  array_agg(v.unit) AS unit, array_agg(v.quantity_kind) AS kind, array_agg(v.note) AS note,
  array_agg(CASE WHEN v.designators <> '{}' THEN (SELECT jsonb_agg(k) FROM jsonb_object_keys(v.designators) k)::text END) AS designators,
  array_agg(CASE WHEN v.placements <> '{}' THEN (SELECT jsonb_agg(k ORDER BY k) FROM jsonb_object_keys(v.placements) k)::text END) AS instances
FROM (
  SELECT *, quantity >= 9000000000 OR quantity * 1000000000 <> trunc(quantity * 1000000000) AS odd FROM bom_v
  WHERE branch_id = %(branch_id)s AND parent_id = ANY(%(parents)s::bigint[]) AND to_seq > %(seq)s AND from_seq <= %(seq)s AND NOT deleted
) v JOIN bom_line l ON l.line_id = v.line_id
