-- Owned by cascadia.items: versions of items, number schemes, attribute classes.

CREATE TABLE item_v (
  branch_id int NOT NULL REFERENCES branch,
  item_id bigint NOT NULL REFERENCES item,
  from_seq bigint NOT NULL,
  to_seq bigint NOT NULL DEFAULT 9223372036854775807,
  deleted boolean NOT NULL DEFAULT false,
  name text NOT NULL,
  description text,
  phase text NOT NULL CHECK (phase IN ('prototype', 'production', 'not_for_new_design', 'service_only', 'obsolete')),
  owner_id bigint REFERENCES user_account,
  attributes jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (branch_id, item_id, from_seq),
  CHECK (from_seq < to_seq)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
CREATE UNIQUE INDEX item_head ON item_v (branch_id, item_id) WHERE to_seq = 9223372036854775807;
CREATE INDEX item_from ON item_v (branch_id, from_seq);
CREATE INDEX item_to ON item_v (branch_id, to_seq) WHERE to_seq < 9223372036854775807;
CREATE INDEX item_name_words ON item_v USING gin (name gin_trgm_ops) WHERE to_seq = 9223372036854775807;
CREATE INDEX item_number_words ON item USING gin (number gin_trgm_ops);

-- What the components of a CAD file are matched by.
CREATE INDEX item_geometry ON item_v ((attributes ->> 'geometry_hash')) WHERE to_seq = 9223372036854775807 AND attributes ? 'geometry_hash';
CREATE INDEX item_name ON item_v (lower(name)) WHERE to_seq = 9223372036854775807;

-- How a kind's numbers are made. `segments` is a list of {"literal": text} | {"sequence": width} | {"project": true} | {"year": 4|2}.
CREATE TABLE number_scheme (
  kind text PRIMARY KEY,
  uid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  segments jsonb NOT NULL,
  typed_allowed boolean NOT NULL DEFAULT true
);
INSERT INTO number_scheme (kind, segments) VALUES ('part', '[{"literal": "P-"}, {"sequence": 6}]');

-- The last number drawn for each text around the sequence.
CREATE TABLE number_counter (
  kind text NOT NULL,
  prefix text COLLATE "C" NOT NULL,
  suffix text COLLATE "C" NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (kind, prefix, suffix)
);

-- Draws `how_many` numbers of the kind for a project. Each is drawn once for ever; gaps are allowed. Numbers that somebody typed are passed over.
-- SECURITY DEFINER: whoever judges a write may draw, also on a login that may not write.
CREATE FUNCTION draw_numbers(item_kind text, project text, how_many int) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE segment jsonb; before text := ''; behind text := ''; width int; n bigint; drawn text[] := '{}'; candidate text; piece text;
BEGIN
  FOR segment IN SELECT jsonb_array_elements(segments) FROM number_scheme WHERE kind = item_kind LOOP
    IF segment ? 'sequence' THEN width := (segment ->> 'sequence')::int; CONTINUE; END IF;
    piece := CASE WHEN segment ? 'literal' THEN segment ->> 'literal' WHEN segment ? 'project' THEN project
                  ELSE right(to_char(now() AT TIME ZONE 'UTC', 'YYYY'), (segment ->> 'year')::int) END;
    IF width IS NULL THEN before := before || piece; ELSE behind := behind || piece; END IF;
  END LOOP;
  IF width IS NULL THEN RETURN NULL; END IF;
  WHILE cardinality(drawn) < how_many LOOP
    INSERT INTO number_counter AS c VALUES (item_kind, before, behind, 1)
      ON CONFLICT (kind, prefix, suffix) DO UPDATE SET last = c.last + 1 RETURNING last INTO n;
    candidate := before || lpad(n::text, greatest(width, length(n::text)), '0') || behind;
    IF NOT EXISTS (SELECT 1 FROM item_number WHERE upper(number) = upper(candidate)) THEN drawn := drawn || candidate; END IF;
  END LOOP;
  RETURN drawn;
END $$;

CREATE FUNCTION draw_ids(sequence_of regclass, id_column text, how_many int) RETURNS bigint[]
VOLATILE LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT array_agg(nextval(pg_get_serial_sequence(sequence_of::text, id_column))) FROM generate_series(1, how_many)
$$;
