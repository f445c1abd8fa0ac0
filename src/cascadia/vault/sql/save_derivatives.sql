-- Takes blobs and writes derivatives that are not there yet; returns, per row given, its key and whether that object is now in use.
WITH given AS (
  SELECT * FROM jsonb_to_recordset(%(rows)s) AS g(kind text, component text, media_type text, sha256 text, size bigint, key text)
), taken AS (
  SELECT DISTINCT ON (g.sha256) g.sha256, t.blob_id, t.key
  FROM (SELECT DISTINCT ON (sha256) * FROM given ORDER BY sha256, key) g
  CROSS JOIN LATERAL take_blob(decode(g.sha256, 'hex'), g.size, g.key) t
), saved AS (
  INSERT INTO derivative (source_blob_id, converter, kind, component, media_type, blob_id)
  SELECT %(source)s, %(converter)s, g.kind, g.component, g.media_type, t.blob_id
  FROM given g JOIN taken t USING (sha256) ORDER BY g.kind, g.component
  ON CONFLICT DO NOTHING
)
SELECT g.key, g.key = t.key AS used FROM given g JOIN taken t USING (sha256)
