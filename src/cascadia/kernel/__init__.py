"""What every domain stands on: database connections, errors, ids, paging, events, idempotency, logs, metrics.

Owns `instance*`, `schema_state`, `outbox*`, `audit*` and `idempotency`. Knows no domain: nothing here says what a part is.
"""
