-- Starts a session of an active user whose password is still the one that was checked: its end, or no row. Drops their ended sessions.
-- What changes the account meanwhile is waited for, and then looked at; what comes later finds the session.
WITH who AS MATERIALIZED (
  SELECT user_id FROM user_account
  WHERE user_id = %(user_id)s AND active AND password_hash = %(password_hash)s FOR NO KEY UPDATE
), ended AS (
  DELETE FROM session s USING who WHERE s.user_id = who.user_id AND s.expires_at < now()
), started AS (
  INSERT INTO session (token_hash, user_id, expires_at, user_agent, address)
  SELECT %(token_hash)s, user_id, now() + interval '14 days', %(user_agent)s, %(address)s FROM who
  RETURNING expires_at
)
SELECT expires_at FROM started
