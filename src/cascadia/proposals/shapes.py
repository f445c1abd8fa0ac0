"""Comparing the shapes of a file's components with those that parts have, before a proposal is matched."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from psycopg.types.json import Jsonb

from cascadia.access.model import Actor
from cascadia.kernel.aside import beside
from cascadia.kernel.blobs import BlobStore
from cascadia.kernel.db import Database
from cascadia.proposals import queries
from cascadia.proposals.service import Source
from cascadia.structures import shapes
from cascadia.structures.congruence import Shape
from cascadia.structures.likeness import Pointer, wanted_keys, with_likeness
from cascadia.structures.model import Component, Structure, name_of
from cascadia.vault import service as vault

MOST: Final = 50
"""Different shapes with one coarse key that a component is compared with, those of its project first."""
BYTES_MAX: Final = 100_000_000
"""Of documents that are read for one proposal, the smallest first; whose are left out, are told as not compared."""


async def compared(database: Database, blobs: BlobStore, actor: Actor, source: Source, structure: Structure) -> Structure:
    """The structure, of whose components each says what its shape is and is not (`likeness`)."""
    async with database.read() as read:
        made = await vault.derivatives_of(read, [source.blob_id], kind=shapes.KIND, component=vault.WHOLE)
    mine = {document.sha256 for document in made}
    components = [_trusted(component, mine) for component in structure.components]
    wanted = {component.shape for component in components if component.shape}
    own: dict[Pointer, Shape] = {}
    for document in made:
        own |= await _shapes_of(blobs, document.sha256, document.key, wanted)
    if own:
        asked, known = await _known(database, blobs, actor, source, components, own)
        components = await beside(lambda: with_likeness(components, own, asked, known))
    return msgspec.structs.replace(structure, components=components)


def _trusted(component: Component, mine: set[str]) -> Component:
    """The component, that points into its file's own document only: it comes from a child that has read a stranger's bytes."""
    pointed = shapes.pointed(component.shape)
    shape = component.shape if pointed and pointed[0] in mine else None
    return msgspec.structs.replace(component, shape=shape, geometry=component.geometry if shape else None, likeness=None)


async def _known(
    database: Database, blobs: BlobStore, actor: Actor, source: Source, components: Sequence[Component], own: Mapping[Pointer, Shape]
) -> tuple[dict[str, list[Pointer]], dict[Pointer, Shape]]:
    """Which shapes of parts each component is compared with, and these shapes as far as they are kept."""
    keys = wanted_keys(components, own)
    wanted = [
        {"component": c.key, "number": c.number or None, "name": name_of(c), "keys": keys[c.key]} for c in components if c.key in keys
    ]
    params = {"wanted": Jsonb(wanted), "programs": actor.programs, "project_id": source.project_id, "file_name": source.file_name}
    asked: dict[str, list[Pointer]] = defaultdict(list)
    async with database.read() as read:
        for row in await read.rows(queries.SHAPES, {**params, "most": MOST}):
            asked[row["component"]].append(row["shape"])
        pointers = {pointer for each in asked.values() for pointer in each} - own.keys()
        documents = {pointed[0] for pointer in pointers if (pointed := shapes.pointed(pointer))}
        kept = await vault.made_by_hash(read, shapes.KIND, sorted(documents))
    known: dict[Pointer, Shape] = {}
    room = BYTES_MAX
    for document in sorted(kept, key=lambda blob: (blob.size, blob.sha256)):
        room -= document.size
        if room >= 0:
            known |= await _shapes_of(blobs, document.sha256, document.key, pointers)
    return asked, known


async def _shapes_of(blobs: BlobStore, sha256: str, key: str, wanted: set[Pointer]) -> dict[Pointer, Shape]:
    """The wanted shapes of a document; none of one that cannot be read."""
    places = {pointed[1] for pointer in wanted if (pointed := shapes.pointed(pointer)) and pointed[0] == sha256}
    if not places:
        return {}
    data = await vault.read_bytes(blobs, key)
    try:
        found = await beside(lambda: shapes.decode(data, places))
    except msgspec.ValidationError:
        return {}
    return {shapes.pointer(sha256, place): shape for place, shape in found.items()}
