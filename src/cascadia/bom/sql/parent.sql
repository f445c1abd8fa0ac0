-- Returns what judging lines of a parent needs: the parent, its BOM's version, the find numbers in use, and ids for new lines.
SELECT p.branch_id, i.item_id, i.uid, i.number, i.kind, pr.program_id, bom_version(p.branch_id, i.item_id, p.seq) AS bom_seq,
  ARRAY(SELECT v.find_number FROM bom_v v WHERE v.branch_id = p.branch_id AND v.parent_id = i.item_id AND v.to_seq > p.seq AND NOT v.deleted
        AND v.find_number IS NOT NULL) AS find_numbers,
  draw_ids('bom_line', 'line_id', %(ids)s) AS ids,
  ARRAY(WITH RECURSIVE up(item_id) AS (
      SELECT i.item_id UNION
      SELECT v.parent_id FROM up JOIN bom_v v ON v.branch_id = p.branch_id AND v.child_id = up.item_id AND v.to_seq > p.seq AND NOT v.deleted)
    SELECT up.item_id FROM up) AS ancestors,
  (SELECT jsonb_agg(jsonb_build_object('item_id', c.item_id, 'uid', c.uid, 'number', c.number, 'phase', cv.phase, 'unit', coalesce(cv.attributes ->> 'unit', 'ea'),
      'program_id', cp.program_id, 'wanted', coalesce(w.number, w.uid::text)))
   FROM jsonb_to_recordset(%(children)s) AS w(uid uuid, number text)
   JOIN item c ON c.item_id = coalesce((SELECT x.item_id FROM item x WHERE x.uid = w.uid), (SELECT n.item_id FROM item_number n WHERE n.key = folded(w.number) ORDER BY n.number <> w.number, n.twin LIMIT 1))
   JOIN project cp ON cp.project_id = c.project_id AND (cp.program_id = ANY(%(programs)s::int[]) OR cp.library)
   JOIN item_v cv ON cv.branch_id = p.branch_id AND cv.item_id = c.item_id AND cv.to_seq > p.seq AND NOT cv.deleted) AS children,
  (SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object('uid', l.uid, 'child_uid', c.uid, 'child_unit', coalesce(cv.attributes ->> 'unit', 'ea')))
   FROM bom_line l JOIN bom_v v ON v.branch_id = p.branch_id AND v.line_id = l.line_id AND v.parent_id = i.item_id AND v.to_seq > p.seq AND NOT v.deleted
   JOIN item c ON c.item_id = v.child_id
   LEFT JOIN item_v cv ON cv.branch_id = p.branch_id AND cv.item_id = v.child_id AND cv.to_seq > p.seq
   WHERE l.uid = ANY(%(lines)s::uuid[])) AS lines
FROM point('main', NULL, NULL) p
JOIN item i ON i.item_id = coalesce(
  (SELECT x.item_id FROM item x WHERE x.uid = %(parent)s::uuid),
  (SELECT v.parent_id FROM bom_v v JOIN bom_line l USING (line_id) WHERE l.uid = %(line)s::uuid AND v.branch_id = p.branch_id AND v.to_seq > p.seq AND NOT v.deleted))
JOIN project pr ON pr.project_id = i.project_id AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)
JOIN item_v iv ON iv.branch_id = p.branch_id AND iv.item_id = i.item_id AND iv.to_seq > p.seq AND NOT iv.deleted
