"""How the list of a proposal is read: what its person says, and which structure it therefore waits for."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cascadia.kernel.db import Read
from cascadia.kernel.errors import Invalid
from cascadia.kernel.naming import listed
from cascadia.structures.model import Reader, reader_of
from cascadia.structures.reading import Options, options_of, reader_version
from cascadia.vault import service as vault
from cascadia.vault.model import DerivativeRow

NAMED: Final = 5


def reading_for(reader: Reader, options: Options) -> dict[str, Any]:
    """The options as they are kept; 422 where the file is no list."""
    kept: dict[str, Any] = msgspec.to_builtins(options, str_keys=True)
    if kept and reader is not Reader.TABLE:
        raise Invalid(
            "Only a parts list can be read otherwise: this is a STEP file.",
            code="unreadable_file",
            errors=[{"pointer": "/reading", "message": "not of a STEP file"}],
        )
    return kept


def converter_of(name: str, media_type: str, reading: Mapping[str, Any]) -> str | None:
    """What makes the structure of a file; None where any converter's newest is meant."""
    if reader_of(name, media_type) is not Reader.TABLE:
        return None
    return reader_version(options_of(reading))


async def structures_of(read: Read, blob_id: int, converter: str | None) -> list[DerivativeRow]:
    """The structure that was made of a file, by the converter that a proposal waits for (None: the newest of any)."""
    return await vault.derivatives_of(read, [blob_id], kind="structure", component=vault.WHOLE, converter=converter)


def refuse_wrong(report: Mapping[str, Any] | None) -> None:
    """Rows that cannot be meant are mended or left out before: 422 names them."""
    count = int((report or {}).get("counts", {}).get("wrong", 0))
    if not report or not count:
        return
    wrong = [row for row in report["rows"] if row["verdict"] == "wrong"]
    named = [f"row {row['place']}: {row['messages'][0]}" for row in wrong]
    raise Invalid(
        f"Rows of the list cannot be meant ({count}): {listed(named, NAMED, between='; ')}. Mend them or leave them out, then accept.",
        code="rows_to_mend",
        errors=[{"pointer": f"/reading/rows/{row['place']}", "message": row["messages"][0]} for row in wrong],
    )
