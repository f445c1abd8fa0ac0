-- Owned by cascadia.items. What components that name a maker's number are matched by.
CREATE INDEX item_mpn ON item_v ((folded(attributes ->> 'mpn')))
  WHERE to_seq = 9223372036854775807 AND attributes ? 'mpn';

-- Parts whose shape may be that of a component: the coarse key, which `structures.congruence` makes and decides on.
CREATE INDEX item_shape ON item_v ((attributes ->> 'geometry'))
  WHERE to_seq = 9223372036854775807 AND attributes ? 'geometry';
