-- Returns what was made (model.DerivativeRow) from the contents: of each kind and component what the latest conversion made, in order.
SELECT DISTINCT ON (d.source_blob_id, d.kind, d.component)
  d.source_blob_id, d.kind, d.component, d.converter, d.media_type, b.size, encode(b.sha256, 'hex') AS sha256, b.key
FROM derivative d
JOIN blob b ON b.blob_id = d.blob_id
WHERE d.source_blob_id = ANY(%(sources)s::bigint[])
  AND (%(kind)s::text IS NULL OR d.kind = %(kind)s::text)
  AND (%(component)s::text IS NULL OR d.component = %(component)s::text)
  AND (%(converter)s::text IS NULL OR d.converter = %(converter)s::text)
  AND (%(after_kind)s::text IS NULL OR (d.kind, d.component) > (%(after_kind)s::text, %(after_component)s::text))
ORDER BY d.source_blob_id, d.kind, d.component, d.derivative_id DESC
LIMIT %(limit)s::bigint
