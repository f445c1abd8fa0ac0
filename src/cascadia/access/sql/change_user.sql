-- Changes what is not null of an account: the account, or no row.
UPDATE user_account SET
  name = coalesce(%(name)s, name),
  active = coalesce(%(active)s, active),
  administrator = coalesce(%(administrator)s, administrator),
  password_hash = coalesce(%(password_hash)s, password_hash)
WHERE uid = %(uid)s
RETURNING user_id, uid, email, name, administrator, active
