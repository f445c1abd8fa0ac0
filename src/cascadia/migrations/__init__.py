"""Forward-only migrations: hand-written SQL, run by Alembic under one advisory lock by `cascadia migrate` and nobody else."""
