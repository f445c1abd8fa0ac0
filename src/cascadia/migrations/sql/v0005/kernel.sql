-- Owned by cascadia.kernel.

-- What cursors of lists are signed with, by every app server alike: 244 random bits.
INSERT INTO instance_secret (name, value)
VALUES ('cursors', gen_random_uuid()::text || gen_random_uuid()::text) ON CONFLICT DO NOTHING;
