-- Owned by cascadia.kernel.

-- What cursors of lists are signed with, by every app server alike: 244 random bits.
INSERT INTO instance_secret (name, value)
VALUES ('cursors', gen_random_uuid()::text || gen_random_uuid()::text) ON CONFLICT DO NOTHING;

-- What the asker was allowed at the time, by program: an answer is repeated as it was while nothing of it was taken away.
ALTER TABLE idempotency ADD COLUMN rights jsonb;
