"""Shapes of a file's components are compared with those of parts that are there, from the file to the proposal."""

from typing import Any
from uuid import UUID

from cascadia.access.actors import actor_of
from cascadia.cad.model import CONVERTER_VERSION
from cascadia.kernel.ids import new_uid
from cascadia.proposals import opening, service
from cascadia.proposals.parts import changed_attributes
from cascadia.proposals.shapes import compared
from cascadia.structures import shapes
from cascadia.structures.congruence import Patch, Shape, key_of
from cascadia.structures.model import Component, Structure, encode
from cascadia.vault import service as vault
from cascadia.vault.service import NewDerivative
from tests.company import JSON
from tests.proposals.office import Office
from tests.proposals.structures import component, usage


def plate(hole: float = 30.0, at: float = 0.0) -> Shape:
    sides = [Patch(0, 100.0, (at, 0, 0)), Patch(0, 100.0, (at, 0, 5)), Patch(0, 70.0, (at + 50, 0, 2)), Patch(0, 40.0, (at, 40, 2))]
    return Shape(5000.0, None, [*sides, Patch(1, 20.0, (at + hole, 10, 2))])


def model(document: str, plates: dict[str, Shape]) -> Structure:
    """top: one of each plate; `document`: the SHA-256 of the file's shapes."""
    parts = [
        component(key, volume="5000", geometry=key_of(plates[key]), shape=shapes.pointer(document, place))
        for place, key in enumerate(plates)
    ]
    usages = [usage("top", key, f"{key}_1") for key in plates]
    return Structure(source_schema="AP214", unit="mm", root="top", components=[component("top", is_assembly=True), *parts], usages=usages)


async def put(office: Office, data: bytes) -> Any:
    async def pieces() -> Any:
        yield data

    return await office.app.state.blobs.put(pieces(), new_uid())


async def propose(office: Office, plates: dict[str, Shape]) -> JSON:
    """An open proposal of a STEP file with these plates, as its converter and the job that matches it leave it."""
    geometry = await put(office, shapes.encode(list(plates.values())))
    structure = model(geometry.sha256, plates)
    content = f"ISO-10303-21; {geometry.sha256}".encode()
    project = office.workshop.project
    answer = await office.person.http.post("/api/v1/files", params={"name": "top.stp", "project": project}, content=content)
    proposal = await office.person.post("/proposals", {"file": answer.json()["id"], "project": project}, status=202)
    made = [
        NewDerivative("structure", vault.WHOLE, "application/json", await put(office, encode(structure))),
        NewDerivative(shapes.KIND, vault.WHOLE, shapes.MEDIA_TYPE, geometry),
    ]
    async with office.database.write() as write:
        source = await service.source_of(write, UUID(proposal["id"]))
        assert source
        await vault.save_derivatives(write, source.blob_id, CONVERTER_VERSION, made)
        actor = await actor_of(write, source.created_by)
    found = await compared(office.database, office.app.state.blobs, actor, source, structure)
    async with office.database.write() as write:
        await opening.match(write, actor, source, found)
    return await office.person.get(f"/proposals/{proposal['id']}")


async def test_a_part_that_moved_in_its_file_is_no_change_and_one_whose_hole_moved_is_one_with_its_reason(office: Office) -> None:
    await office.accept(await propose(office, {"left": plate(), "right": plate(hole=31)}))
    moved = await propose(office, {"left": plate(at=1234.5), "right": plate(hole=31, at=-7)})
    assert (moved["counts"]["parts_changed"], moved["counts"]["changed"], moved["to_check"]) == (0, 0, 0)
    drilled = await propose(office, {"left": plate(), "right": plate(hole=31.1)})
    rows = await office.rows(drilled, "part")
    assert rows["left"]["changes"] == []
    assert [(change["field"], change["words"]) for change in rows["right"]["changes"]] == [("shape", "1 face stands elsewhere")]
    await office.accept(drilled)
    assert (await propose(office, {"left": plate(), "right": plate(hole=31.1, at=3)}))["counts"]["parts_changed"] == 0


def test_the_last_digit_of_a_volume_is_no_change() -> None:
    old = {"volume": {"value": "5000.00012", "unit": "mm3"}, "geometry": "g1", "shape": "s"}
    measured = Component(key="a", number="a", name="a", volume="5000.00013", geometry="g1", shape="s")
    assert changed_attributes(measured, old) == {}
    assert changed_attributes(Component(key="a", number="a", name="a", volume="5001", geometry="g1", shape="s"), old).keys() == {"volume"}
