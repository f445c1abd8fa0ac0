"""Files: contents stored once by hash, named files, what converters made from them, and attachments to items.

Owns `blob`, `file`, `derivative`, `attachment` and the versioned table `attachment_v`. Bytes lie in a blob store (`kernel.blobs`).
Knows no CAD and no part: converters subscribe to `file.created`, and an attachment names any kind of item.
"""
