-- Owned by cascadia.access.

-- A session has an id of its own, so that its person can see and end it without knowing its secret.
ALTER TABLE session
  ADD COLUMN session_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  ADD COLUMN uid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;

-- What an API token may do at most, and the token by which it was made: it ends with that one.
ALTER TABLE api_token
  ADD COLUMN scope text NOT NULL DEFAULT 'administer' CHECK (scope IN ('read', 'write', 'administer')),
  ADD COLUMN made_by bigint REFERENCES api_token ON DELETE CASCADE;
CREATE INDEX api_token_made_by ON api_token (made_by) WHERE made_by IS NOT NULL;
-- No token is for ever. One without an end, made by a program of version 4 while this one starts, ends 90 days after it was made.
UPDATE api_token SET expires_at = now() + interval '90 days' WHERE expires_at IS NULL;

-- Tries that count for themselves alone: those of a browser that is known, and those at the present password of who is signed in.
ALTER TABLE sign_in_attempt ADD COLUMN budget text;

-- Signs what a browser keeps after somebody signed in with it.
INSERT INTO instance_secret (name, value)
VALUES ('device_key', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')) ON CONFLICT DO NOTHING;
