"""Why the database cannot be used, in one line that names the variable to look at."""

import re
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

VARIABLE: Final = "DATABASE_URL"
_WORDS: Final = (
    (r"password authentication failed|no password supplied|SASL authentication", "{host} refuses the password of {user}"),
    (r'role "[^"]*" does not exist', "{host} knows no user {user}"),
    (r'database "[^"]*" does not exist', "{host} has no database {dbname}"),
    (r"no pg_hba.conf entry", "{host} does not let {user} in from here (its pg_hba.conf)"),
    (r"could not translate host name|Name or service not known|failed to resolve host|No address associated", "no host is called {host}"),
    (r"Connection refused|No route to host|Network is unreachable", "nothing answers at {host}:{port}"),
    (r"timeout|timed out", "{host}:{port} does not answer in time"),
    (r"certificate|SSL error", "the connection to {host} cannot be trusted ({first})"),
    (r"server does not support SSL", "{host} offers no TLS, and sslmode asks for it"),
    (r"too many (clients|connections)|remaining connection slots", "{host} has no connection left (its max_connections)"),
    (r"starting up|shutting down|not yet accepting", "{host} is starting or stopping"),
    (r"session is read-only|hot standby", "{host} is a replica, which cannot be written to"),
)


def why_not(error: Exception, url: str | None) -> str:
    """One sentence about a failed connection to the database at `url`, without its password."""
    text = str(error).strip()
    first = re.sub(r"\s+", " ", text.splitlines()[0] if text else type(error).__name__)
    place = _place(url)
    words = next((words for pattern, words in _WORDS if re.search(pattern, text, re.IGNORECASE)), "{first}")
    return f"{VARIABLE}: {words.format(first=first, **place)}."


def _place(url: str | None) -> dict[str, str]:
    try:
        found = conninfo_to_dict(url or "")
    except psycopg.ProgrammingError:
        found = {}
    known = {name: str(found.get(name) or default) for name, default in (("host", "localhost"), ("port", "5432"), ("user", "?"))}
    return {**known, "dbname": str(found.get("dbname") or known["user"])}
