-- Owned by cascadia.vault: files that a job made for one person, kept for a week; and when contents were last found whole.
CREATE TABLE output_file (
  output_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  blob_id bigint NOT NULL REFERENCES blob,
  name text NOT NULL,
  media_type text COLLATE "C" NOT NULL,
  created_for bigint NOT NULL REFERENCES user_account,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days'
);
CREATE INDEX output_file_blob ON output_file (blob_id);
CREATE INDEX output_file_expiry ON output_file (expires_at);

-- When the stored bytes were last read and hashed again, and what was wrong with them.
ALTER TABLE blob
  ADD COLUMN verified_at timestamptz,
  ADD COLUMN damage text COLLATE "C" CHECK (damage IN ('missing', 'changed'));
CREATE INDEX blob_verified ON blob (verified_at NULLS FIRST, blob_id);
CREATE INDEX blob_damage ON blob (blob_id) WHERE damage IS NOT NULL;
