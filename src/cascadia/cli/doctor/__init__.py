"""`cascadia doctor`: looks at everything that a server depends on, says what is wrong in one line each, and repairs what it may."""

from cascadia.cli.doctor.examine import Report, examine

__all__ = ["Report", "examine"]
