-- Dooms contents older than the grace that no file, output or derivative names.
UPDATE blob b SET doomed_at = now()
WHERE b.doomed_at IS NULL AND b.created_at < now() - %(grace)s::interval
  AND NOT EXISTS (SELECT 1 FROM file f WHERE f.blob_id = b.blob_id)
  AND NOT EXISTS (SELECT 1 FROM output_file o WHERE o.blob_id = b.blob_id)
  AND NOT EXISTS (SELECT 1 FROM derivative d WHERE d.blob_id = b.blob_id)
  AND NOT EXISTS (SELECT 1 FROM derivative d WHERE d.source_blob_id = b.blob_id)
