-- Owned by cascadia.items.

SELECT guard_versions('item_v');
