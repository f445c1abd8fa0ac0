-- Returns programs (room.Usage) with the bytes of their files, those that their open uploads will take, and what they may take; a condition follows.
SELECT p.program_id, p.uid, p.code, p.name, q.allowed,
  coalesce((SELECT sum(f.size) FROM file f JOIN project j USING (project_id) WHERE j.program_id = p.program_id), 0)::bigint AS used,
  coalesce((SELECT sum(u.size) FROM upload u JOIN project j USING (project_id)
            WHERE j.program_id = p.program_id AND u.state = 'receiving' AND u.expires_at > now()), 0)::bigint AS promised
FROM program p LEFT JOIN program_quota q USING (program_id)
