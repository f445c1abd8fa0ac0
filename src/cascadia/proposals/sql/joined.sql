-- Returns parts that an import joined with a component by its shape or a placeholder alone, or with two components of one file (joined.Joined).
SELECT r.row_id, r.uid, i.uid AS part_uid, i.number AS part_number, v.name AS part_name, r.found ->> 'number' AS number, r.found ->> 'name' AS name,
  f.name AS file_name, q.uid AS proposal_uid, pr.code AS project_code, c.at, r.match_by,
  (SELECT count(*) FROM proposal_row t WHERE t.proposal_id = r.proposal_id AND t.kind = 'part' AND t.choice = 'use' AND t.match_id = r.match_id) AS together
FROM proposal_row r
JOIN proposal q USING (proposal_id)
JOIN commit_log c ON c.uid = q.commit_uid
JOIN file f USING (file_id)
JOIN project pr ON pr.project_id = q.project_id AND pr.program_id = ANY(%(programs)s::int[])
JOIN item i ON i.item_id = r.match_id
JOIN project home ON home.project_id = i.project_id AND (home.program_id = ANY(%(programs)s::int[]) OR home.library)
JOIN item_v v ON v.branch_id = 0 AND v.item_id = i.item_id AND v.to_seq = 9223372036854775807 AND NOT v.deleted
WHERE q.state = 'accepted' AND r.kind = 'part' AND r.choice = 'use' AND r.match_by <> 'choice'
  AND (r.match_by = 'geometry' AND folded(r.found ->> 'name') <> folded(v.name)
    OR r.match_by IN ('number', 'alias') AND folded(r.found ->> 'number') = ANY(%(placeholders)s::text[])
    OR EXISTS (SELECT FROM proposal_row t WHERE t.proposal_id = r.proposal_id AND t.kind = 'part' AND t.choice = 'use' AND t.match_id = r.match_id
               AND t.row_id <> r.row_id))
  AND NOT EXISTS (SELECT FROM lineage l JOIN item_source s USING (lineage_id) WHERE l.project_id = q.project_id AND l.name = folded(f.name)
                  AND s.key = r.component AND s.item_id <> r.match_id)
  AND (%(row)s::uuid IS NULL OR r.uid = %(row)s::uuid) AND r.row_id > %(after)s
ORDER BY r.row_id LIMIT %(limit)s
