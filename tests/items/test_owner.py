"""The owner of a part is set, cleared, and somebody who exists."""

import pytest

from cascadia.kernel.db import Database
from cascadia.kernel.errors import Invalid
from cascadia.kernel.ids import new_uid
from tests.desk import open_desk


async def test_an_owner_is_set_and_cleared_and_must_exist(database: Database) -> None:
    desk = await open_desk(database)
    part = await desk.part("Bracket")
    assert part.owner_uid is None
    await desk.edit(part, {"owner": desk.actor.uid})
    owned = await desk.read(part.uid)
    assert (owned.owner_uid, owned.owner_name, owned.from_seq) == (desk.actor.uid, "Ada", 2)
    with pytest.raises(Invalid) as refused:
        await desk.edit(owned, {"owner": new_uid()})
    assert (refused.value.code, await desk.read(part.uid)) == ("unknown_owner", owned)
    await desk.edit(owned, {"owner": None})
    cleared = await desk.read(part.uid)
    assert (cleared.owner_uid, cleared.from_seq) == (None, 3)
