-- Ends every session and API token of a user but the one with the hash `keep`: one row, how many of each.
WITH sessions AS (
  DELETE FROM session WHERE user_id = %(user_id)s AND token_hash IS DISTINCT FROM %(keep)s::bytea RETURNING 1
), tokens AS (
  DELETE FROM api_token WHERE user_id = %(user_id)s AND token_hash IS DISTINCT FROM %(keep)s::bytea RETURNING 1
)
SELECT (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM tokens) AS tokens
