"""Who may do what: organisation, programs, projects, users, roles, sessions, tokens.

Owns `user_account`, `program`, `project`, `program_role`, `session`, `api_token`, `sign_in_attempt`. Reads the audit trail
that the kernel writes. Does not know items: a domain asks `Actor.require(permission, program)` and filters by `Actor.programs`.
"""
