-- Whether the session or API token still signs an active user in. What ends it meanwhile is waited for, or waits itself.
WITH by_session AS (
  SELECT user_id FROM session
  WHERE token_hash = %(token_hash)s AND %(token_id)s::bigint IS NULL AND expires_at > now() FOR KEY SHARE
), by_token AS (
  SELECT user_id FROM api_token
  WHERE token_id = %(token_id)s AND coalesce(expires_at, created_at + interval '90 days') > now() FOR KEY SHARE
)
SELECT EXISTS (
  SELECT 1 FROM user_account u
  WHERE u.user_id = %(user_id)s AND u.active AND u.user_id IN (SELECT user_id FROM by_session UNION ALL SELECT user_id FROM by_token)
)
