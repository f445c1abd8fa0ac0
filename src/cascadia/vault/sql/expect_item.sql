-- CA412 unless the item is open on the branch.
SELECT expect_rows((SELECT count(*) FROM {item_v} WHERE branch_id = %(branch_id)s AND item_id = %(item_id)s
  AND to_seq = 9223372036854775807 AND NOT deleted), 1, 'item')
