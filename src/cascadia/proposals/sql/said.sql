-- Returns what the last files of this name in this project said of lines of these parents (standing.Said), each line once.
SELECT DISTINCT ON (s.line_id) s.line_id, s.parent_id, s.child_id, s.quantity, s.unit, s.kind, s.find, s.note, s.designators, s.placements
FROM line_source s
JOIN lineage l ON l.lineage_id = s.lineage_id AND l.seq = s.seq
WHERE l.project_id = %(project_id)s AND l.name = folded(%(file_name)s) AND s.parent_id = ANY(%(parents)s::bigint[])
ORDER BY s.line_id, s.seq DESC
