-- Returns the name and day of the file of this proposal's name that was accepted last before a commit, and not undone.
SELECT f.name || ' of ' || to_char(q.changed_at, 'YYYY-MM-DD')
FROM proposal mine
JOIN file own ON own.file_id = mine.file_id
JOIN proposal q ON q.project_id = mine.project_id AND q.state = 'accepted' AND q.undone_by IS NULL
JOIN file f ON f.file_id = q.file_id AND folded(f.name) = folded(own.name)
JOIN commit_log c ON c.uid = q.commit_uid AND c.seq < %(seq)s
WHERE mine.proposal_id = %(proposal_id)s
ORDER BY c.seq DESC LIMIT 1
