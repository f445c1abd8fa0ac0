-- Starts a session of an active user whose password is still the one that was checked: its end, or no row. Drops ended sessions.
WITH ended AS (
  DELETE FROM session WHERE expires_at < now()
), started AS (
  INSERT INTO session (token_hash, user_id, expires_at, user_agent, address)
  SELECT %(token_hash)s, user_id, now() + interval '14 days', %(user_agent)s, %(address)s
  FROM user_account WHERE user_id = %(user_id)s AND active AND password_hash = %(password_hash)s
  RETURNING expires_at
)
SELECT expires_at FROM started
