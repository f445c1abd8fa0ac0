"""Types of texts that requests bring and that are kept: what a text may hold is decided here, by its type."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from cascadia.kernel.text import lines, one_line

OneLine = Annotated[str, AfterValidator(one_line)]
Lines = Annotated[str, AfterValidator(lines)]
"""May have line breaks and tabs: descriptions, notes, messages."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(one_line)]
"""What people, programs, projects and tokens are called."""
