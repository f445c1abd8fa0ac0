"""One file per step. A step names the schema version it reaches and the oldest code that still runs on it."""
