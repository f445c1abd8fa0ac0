-- Owned by cascadia.items. What components that name a maker's number are matched by.
CREATE INDEX item_mpn ON item_v ((folded(attributes ->> 'mpn')))
  WHERE to_seq = 9223372036854775807 AND attributes ? 'mpn';
