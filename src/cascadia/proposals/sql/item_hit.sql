-- Returns a visible part at the head of main as it is found for a component (finding._Found) by a person's choice.
SELECT %(component)s::text AS component, i.item_id, i.uid, i.number, v.name, ARRAY['choice'] AS ways, i.project_id = %(project_id)s AS here,
  ARRAY(SELECT n.number FROM item_number n WHERE n.item_id = i.item_id) AS numbers, v.attributes
FROM item i
JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
JOIN item_v v ON v.branch_id = 0 AND v.item_id = i.item_id AND v.to_seq = 9223372036854775807 AND NOT v.deleted
WHERE i.uid = %(uid)s AND i.kind = 'part'
