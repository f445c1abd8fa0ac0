-- One page of the users that have a role in a program, by user id.
SELECT u.user_id, u.uid, u.email, u.name, u.administrator, u.active, r.role
FROM program_role r JOIN user_account u USING (user_id)
WHERE r.program_id = %(program_id)s AND (%(after)s::bigint IS NULL OR u.user_id > %(after)s::bigint)
ORDER BY u.user_id LIMIT %(limit)s
