"""The SQL of this package by name; the texts lie in `sql/`."""

from typing import Final, LiteralString

from cascadia.kernel.sql import query

SESSION_ACTOR: Final[LiteralString] = query(__package__, "session_actor")
TOKEN_ACTOR: Final[LiteralString] = query(__package__, "token_actor")
