-- The user whom one of the session tokens signs in, with roles by program id: one row or none. Of several the first token counts.
-- Moves the expiry at most every five minutes.
WITH found AS (
  SELECT token_hash, user_id, expires_at FROM session WHERE token_hash = ANY(%(hashes)s) AND expires_at > now()
  ORDER BY array_position(%(hashes)s, token_hash) LIMIT 1
), moved AS (
  UPDATE session SET seen_at = now(), expires_at = least(now() + interval '14 days', created_at + interval '90 days')
  WHERE token_hash = (SELECT token_hash FROM found) AND seen_at < now() - interval '5 minutes'
)
SELECT f.token_hash, f.expires_at, 'administer' AS scope, NULL::bigint AS token_id, u.user_id, u.uid, u.name, u.email, u.administrator,
  (SELECT coalesce(jsonb_object_agg(r.program_id, r.role), '{}') FROM program_role r WHERE r.user_id = u.user_id) AS roles
FROM found f JOIN user_account u USING (user_id)
WHERE u.active
