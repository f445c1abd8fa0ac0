-- Whether this attempt succeeded: the answer to a finish whose own answer was lost.
SELECT state = 'succeeded' AND attempt = %(attempt)s FROM job WHERE id = %(id)s
