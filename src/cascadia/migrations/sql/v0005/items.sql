-- Owned by cascadia.items.

SELECT guard_versions('item_v');

-- Numbers are compared by `key`. Those that were two until now (`Schlüssel-10`, `SCHLÜSSEL-10`) stay two: each is found by its exact spelling, any other
-- spelling finds the older one; none is made any more.
ALTER TABLE item_number
  ADD COLUMN key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (folded(number)) STORED,
  ADD COLUMN twin int NOT NULL DEFAULT 0;
UPDATE item_number n SET twin = t.place
FROM (SELECT number, row_number() OVER (PARTITION BY key ORDER BY created_at, item_id, number) - 1 AS place FROM item_number) t
WHERE t.number = n.number AND t.place > 0;
CREATE UNIQUE INDEX item_number_key ON item_number (key, twin);

-- What components without a number are matched by; who asks looks at upper and lower case besides.
CREATE INDEX item_name_folded ON item_v (folded(name)) WHERE to_seq = 9223372036854775807;
DROP INDEX item_name;

-- Draws `how_many` numbers of the kind for a project. Each is drawn once for ever; gaps are allowed. Numbers that somebody typed are passed over.
-- SECURITY DEFINER: whoever judges a write may draw, also on a login that may not write.
CREATE OR REPLACE FUNCTION draw_numbers(item_kind text, project text, how_many int) RETURNS text[]
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
    IF NOT EXISTS (SELECT 1 FROM item_number WHERE key = folded(candidate)) THEN drawn := drawn || candidate; END IF;
  END LOOP;
  RETURN drawn;
END $$;
