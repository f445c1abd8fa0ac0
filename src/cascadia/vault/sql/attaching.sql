-- Returns one row with what judging a new attachment needs: item and file (null where they may not be seen), and whether the same is attached.
SELECT i.item_id, i.number AS item_number, i.program_id AS item_program_id,
  f.file_id, f.name AS file_name, f.program_id AS file_program_id, f.library AS file_library,
  EXISTS (SELECT 1 FROM attachment_v v WHERE v.branch_id = 0 AND v.item_id = i.item_id AND v.file_id = f.file_id
          AND v.to_seq = 9223372036854775807 AND v.role = %(role)s AND v.component IS NOT DISTINCT FROM %(component)s::text) AS attached
FROM (SELECT) one
LEFT JOIN (SELECT i.item_id, i.number, pr.program_id
           FROM item i JOIN project pr USING (project_id)
           JOIN {item_v} v ON v.item_id = i.item_id AND v.branch_id = 0 AND v.to_seq = 9223372036854775807 AND NOT v.deleted
           WHERE i.uid = %(item)s AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)) i ON true
LEFT JOIN (SELECT f.file_id, f.name, pr.program_id, pr.library
           FROM file f JOIN project pr USING (project_id)
           WHERE f.uid = %(file)s AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)) f ON true
