-- Changes what is not null of an account, and ends its other sessions where the password or `active` changes: the account, or no row.
WITH changed AS (
  UPDATE user_account SET
    name = coalesce(%(name)s, name),
    active = coalesce(%(active)s, active),
    password_hash = coalesce(%(password_hash)s, password_hash)
  WHERE uid = %(uid)s
  RETURNING user_id, uid, email, name, administrator, active
), ended AS (
  DELETE FROM session USING changed
  WHERE session.user_id = changed.user_id AND (%(password_hash)s::text IS NOT NULL OR NOT changed.active)
    AND session.token_hash IS DISTINCT FROM %(keep)s::bytea
)
SELECT user_id, uid, email, name, administrator, active FROM changed
