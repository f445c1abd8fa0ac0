-- Deletes the rows of contents doomed for the grace; returns their keys. One that is being taken again is waited for and then left, and
-- so is one that was doomed while it was being named: the next collection reprieves it.
DELETE FROM blob b
WHERE b.blob_id IN (SELECT d.blob_id FROM blob d WHERE d.doomed_at < now() - %(grace)s::interval ORDER BY d.blob_id LIMIT %(limit)s)
  AND b.doomed_at < now() - %(grace)s::interval
  AND NOT EXISTS (SELECT 1 FROM file f WHERE f.blob_id = b.blob_id)
  AND NOT EXISTS (SELECT 1 FROM output_file o WHERE o.blob_id = b.blob_id)
  AND NOT EXISTS (SELECT 1 FROM derivative d WHERE b.blob_id IN (d.blob_id, d.source_blob_id))
RETURNING b.key
