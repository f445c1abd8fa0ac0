"""The heart: one history on `main`, branches over it, and the one way in which versioned rows are written.

Owns `item`, `item_number`, `branch`, `branch_base`, `commit_log`, `commit_program`, `revision`. Domains own their `*_v`
tables and register them (`registry.register`); from that, versioning writes, compares and reads history for all alike.
Does not know what a part or a BOM line is.
"""
