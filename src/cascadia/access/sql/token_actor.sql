-- The user whose API token it is, with roles by program id: one row or none. Notes the use at most every five minutes.
WITH found AS (
  SELECT token_hash, user_id, coalesce(expires_at, created_at + interval '90 days') AS expires_at, scope, token_id FROM api_token
  WHERE token_hash = ANY(%(hashes)s) AND coalesce(expires_at, created_at + interval '90 days') > now()
), noted AS (
  UPDATE api_token SET last_used_at = now()
  WHERE token_hash = (SELECT token_hash FROM found) AND (last_used_at IS NULL OR last_used_at < now() - interval '5 minutes')
)
SELECT f.token_hash, f.expires_at, f.scope, f.token_id, u.user_id, u.uid, u.name, u.email, u.administrator,
  (SELECT coalesce(jsonb_object_agg(r.program_id, r.role), '{}') FROM program_role r WHERE r.user_id = u.user_id) AS roles
FROM found f JOIN user_account u USING (user_id)
WHERE u.active
