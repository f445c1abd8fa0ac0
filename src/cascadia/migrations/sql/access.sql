-- Owned by cascadia.access.

CREATE TABLE user_account (
  user_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  email text NOT NULL,
  name text NOT NULL,
  password_hash text,
  administrator boolean NOT NULL DEFAULT false,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX user_email ON user_account (lower(email));

CREATE TABLE program (
  program_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  code text COLLATE "C" NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX program_code ON program (lower(code));

CREATE TABLE project (
  project_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  program_id int NOT NULL REFERENCES program,
  code text COLLATE "C" NOT NULL,
  name text NOT NULL,
  library boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX project_code ON project (lower(code));
CREATE INDEX project_program ON project (program_id, project_id);

CREATE TABLE program_role (
  program_id int NOT NULL REFERENCES program,
  user_id bigint NOT NULL REFERENCES user_account,
  role text NOT NULL CHECK (role IN ('viewer', 'engineer', 'approver', 'lead')),
  PRIMARY KEY (user_id, program_id)
);
CREATE INDEX program_role_program ON program_role (program_id, user_id);
