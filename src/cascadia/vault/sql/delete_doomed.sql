-- Deletes the rows of contents doomed for the grace; returns their keys. One that is being taken again is waited for and then left.
DELETE FROM blob b
WHERE b.blob_id IN (SELECT d.blob_id FROM blob d WHERE d.doomed_at < now() - %(grace)s::interval ORDER BY d.blob_id LIMIT %(limit)s)
  AND b.doomed_at < now() - %(grace)s::interval
RETURNING b.key
