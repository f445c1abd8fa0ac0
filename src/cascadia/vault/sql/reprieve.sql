-- Clears the doom of contents that were named while they were being doomed.
UPDATE blob b SET doomed_at = NULL
WHERE b.doomed_at IS NOT NULL
  AND (EXISTS (SELECT 1 FROM file f WHERE f.blob_id = b.blob_id)
    OR EXISTS (SELECT 1 FROM output_file o WHERE o.blob_id = b.blob_id)
    OR EXISTS (SELECT 1 FROM derivative d WHERE b.blob_id IN (d.blob_id, d.source_blob_id)))
