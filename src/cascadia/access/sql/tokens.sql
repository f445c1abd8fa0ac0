-- One page of API tokens with their owners, oldest first: one's own, or everybody's.
SELECT t.token_id, t.uid, t.name, t.scope, t.created_at, coalesce(t.expires_at, t.created_at + interval '90 days') AS expires_at, t.last_used_at,
  u.uid AS user_uid, u.name AS user_name, u.email AS user_email
FROM api_token t JOIN user_account u USING (user_id)
WHERE (t.user_id = %(user_id)s OR %(everybody)s) AND (%(after)s::bigint IS NULL OR t.token_id > %(after)s::bigint)
ORDER BY t.token_id LIMIT %(limit)s
