-- Projects of the programs that one has a role in, and libraries, with their program (an administrator: all).
SELECT j.project_id, j.uid, j.code, j.name, j.library, p.program_id, p.uid AS program_uid, p.code AS program_code, p.name AS program_name
FROM project j JOIN program p USING (program_id)
WHERE (j.program_id = ANY(%(programs)s::int[]) OR j.library OR %(administrator)s)
