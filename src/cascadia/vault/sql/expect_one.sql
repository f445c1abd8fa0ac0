-- CA412 unless exactly one open attachment shows the item by this file in this role.
SELECT expect_rows((SELECT count(*) FROM attachment_v WHERE branch_id = %(branch_id)s AND item_id = %(item_id)s AND file_id = %(file_id)s
  AND to_seq = 9223372036854775807 AND role = %(role)s AND component IS NOT DISTINCT FROM %(component)s::text), 1, 'attachment')
