-- A user with the organisation and, as JSON, their roles by program code: one row.
SELECT u.user_id, u.uid, u.email, u.name, u.administrator, u.active, coalesce(i.organisation, '') AS organisation,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('uid', p.uid, 'code', p.code, 'name', p.name, 'role', r.role) ORDER BY p.code), '[]')
   FROM program_role r JOIN program p USING (program_id) WHERE r.user_id = u.user_id) AS roles
FROM user_account u, instance i
WHERE u.user_id = %(user_id)s
