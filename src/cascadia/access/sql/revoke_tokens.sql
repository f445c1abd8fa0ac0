-- Deletes an API token, by id or hash, with those that were made by it: id of each, and whose it was. No row where it is somebody else's.
WITH RECURSIVE meant AS (
  SELECT token_id FROM api_token
  WHERE (uid = %(uid)s::uuid OR token_hash = %(token_hash)s::bytea) AND (user_id = %(user_id)s OR %(anybodys)s)
  UNION
  SELECT t.token_id FROM meant m JOIN api_token t ON t.made_by = m.token_id
)
DELETE FROM api_token t USING meant m WHERE t.token_id = m.token_id RETURNING t.uid
