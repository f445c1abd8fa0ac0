-- Programs that a user has a role in (an administrator: all), by id, with that role.
SELECT p.program_id, p.uid, p.code, p.name, r.role
FROM program p LEFT JOIN program_role r ON r.program_id = p.program_id AND r.user_id = %(user_id)s
WHERE (r.role IS NOT NULL OR %(administrator)s)
