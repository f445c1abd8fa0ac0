-- Returns how many items match, over all pages.
WITH p AS (SELECT * FROM point(%(branch)s, %(at_seq)s, %(at_time)s))
SELECT count(*)
{matching}
