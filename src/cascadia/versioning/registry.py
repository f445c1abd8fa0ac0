"""Which `*_v` tables exist. A domain registers its own when it is imported; a test compares this with the database."""

from cascadia.versioning.model import VersionedTable

_tables: dict[str, VersionedTable] = {}


def register(table: VersionedTable) -> VersionedTable:
    """Makes the table known to commit, history and verification."""
    if table.name in _tables and _tables[table.name] != table:
        raise ValueError(f"versioned table {table.name} is registered twice, differently")
    _tables[table.name] = table
    return table


def table(name: str) -> VersionedTable:
    """The registered table of that name."""
    return _tables[name]


def tables() -> tuple[VersionedTable, ...]:
    """All registered tables, by name."""
    return tuple(_tables[name] for name in sorted(_tables))
