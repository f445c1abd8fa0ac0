-- Returns one page of commits of a branch, newest first, as far as the programs allow; all of them or those with a seq from `seqs`.
SELECT c.uid, b.name AS branch, c.seq, c.at, u.uid AS author_uid, u.name AS author_name, c.message, c.kind, encode(c.hash, 'hex') AS hash
FROM commit_log c
JOIN branch b USING (branch_id)
JOIN user_account u ON u.user_id = c.author_id
WHERE b.name = %(branch)s
  AND EXISTS (SELECT 1 FROM commit_program cp WHERE cp.branch_id = c.branch_id AND cp.seq = c.seq AND cp.program_id = ANY(%(programs)s::int[]))
  AND (%(author)s::uuid IS NULL OR u.uid = %(author)s::uuid)
  AND (%(before)s::bigint IS NULL OR c.seq < %(before)s::bigint)
  AND (%(seq)s::bigint IS NULL OR c.seq = %(seq)s::bigint)
ORDER BY c.seq DESC
LIMIT %(limit)s
