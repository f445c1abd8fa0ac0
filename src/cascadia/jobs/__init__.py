"""Background work: the ledger, the relay of events, and the processes that run a job.

Owns `job` and `job_subscriber`, and moves `subscription_cursor`. Knows no domain: what a job does is declared as a `JobType` by its
domain and reached by name. Does not decide who may ask for work; a domain does, then enqueues in its own transaction.
"""
