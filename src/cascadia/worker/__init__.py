"""The worker process: runs the jobs of chosen families and the relay. It alone knows what all domains declare."""

from cascadia.worker.process import main, run

__all__ = ["main", "run"]
