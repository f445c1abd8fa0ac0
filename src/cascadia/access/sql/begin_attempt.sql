-- Notes a try to sign in unless too many have failed: one row (attempt_id or null, seconds until the oldest try is forgotten).
WITH recent AS (
  SELECT at, email = lower(%(email)s) AS same_email, address IS NOT DISTINCT FROM %(address)s::text AS same_address
  FROM sign_in_attempt
  WHERE at > now() - interval '15 minutes' AND (email = lower(%(email)s) OR address = %(address)s::text)
), counted AS (
  SELECT count(*) FILTER (WHERE same_email AND same_address) AS pair,
    count(*) FILTER (WHERE same_email) AS account,
    count(*) FILTER (WHERE same_address) AS address,
    ceil(extract(epoch FROM min(at) + interval '15 minutes' - now()))::int AS wait
  FROM recent
), noted AS (
  INSERT INTO sign_in_attempt (email, address)
  SELECT lower(%(email)s), %(address)s::text FROM counted
  WHERE pair < %(pair_limit)s AND account < %(account_limit)s AND (address < %(address_limit)s::int OR %(address_limit)s::int IS NULL)
  RETURNING attempt_id
), forgotten AS (
  DELETE FROM sign_in_attempt WHERE at < now() - interval '1 day'
)
SELECT (SELECT attempt_id FROM noted) AS attempt_id, coalesce(greatest(wait, 1), 1) AS wait FROM counted
