-- Owned by cascadia.vault: files that a job made for one person, kept for a week.
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
