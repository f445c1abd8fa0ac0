-- One page of the sessions of a user, in the order of their begin.
SELECT session_id, uid, created_at, seen_at, expires_at, user_agent, address, token_hash IS NOT DISTINCT FROM %(current)s::bytea AS current
FROM session
WHERE user_id = %(user_id)s AND expires_at > now() AND (%(after)s::bigint IS NULL OR session_id > %(after)s::bigint)
ORDER BY session_id LIMIT %(limit)s
