-- Notes a try at a password unless too many have failed: one row (attempt_id or null, seconds until one more is judged).
-- Tries with a `budget` count for themselves alone, the others by account and address, by account, and by address.
WITH recent AS MATERIALIZED (
  SELECT at, email = lower(%(email)s) AS same_email, address IS NOT DISTINCT FROM %(address)s::text AS same_address
  FROM sign_in_attempt
  WHERE at > now() - interval '15 minutes' AND budget IS NOT DISTINCT FROM %(budget)s::text
    AND (email = lower(%(email)s) OR address = %(address)s::text)
), full_since AS (
  SELECT greatest(
    (SELECT at FROM recent WHERE same_email AND same_address ORDER BY at DESC OFFSET %(pair_limit)s - 1 LIMIT 1),
    (SELECT at FROM recent WHERE same_email ORDER BY at DESC OFFSET %(account_limit)s - 1 LIMIT 1),
    (SELECT at FROM recent WHERE same_address ORDER BY at DESC OFFSET %(address_limit)s - 1 LIMIT 1)
  ) AS at
), noted AS (
  INSERT INTO sign_in_attempt (email, address, budget)
  SELECT lower(%(email)s), %(address)s::text, %(budget)s::text FROM full_since WHERE at IS NULL
  RETURNING attempt_id
), forgotten AS (
  DELETE FROM sign_in_attempt
  WHERE attempt_id IN (SELECT attempt_id FROM sign_in_attempt WHERE at < now() - interval '1 day' LIMIT 100 FOR UPDATE SKIP LOCKED)
)
SELECT (SELECT attempt_id FROM noted) AS attempt_id,
  coalesce(greatest(ceil(extract(epoch FROM at + interval '15 minutes' - now()))::int, 1), 1) AS wait
FROM full_since
