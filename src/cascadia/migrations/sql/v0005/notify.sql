-- Owned by cascadia.notify.

-- Whether whoever answers for a webhook may still see what it is told: an administrator, or a lead of its program, whose account is active.
CREATE FUNCTION webhook_is_kept(w webhook) RETURNS boolean STABLE LANGUAGE sql AS $$
  SELECT EXISTS (
    SELECT 1 FROM user_account u WHERE u.user_id = w.created_by AND u.active AND (u.administrator OR EXISTS (
      SELECT 1 FROM program_role r WHERE r.user_id = u.user_id AND r.program_id = w.program_id AND r.role = 'lead')))
$$;
