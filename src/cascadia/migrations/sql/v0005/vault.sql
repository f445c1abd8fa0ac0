-- Owned by cascadia.vault.

SELECT guard_versions('attachment_v'), guard_identity('attachment', 'attachment_id'), guard_identity('file', 'file_id');
