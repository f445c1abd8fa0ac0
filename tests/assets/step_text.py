"""STEP files written entity by entity, for what no exporter at hand writes: odd structures, damaged parts, unusual headers."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

AP214: Final = "AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }"
SIDES: Final = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
"""Corners of the faces of a box, each seen counter-clockwise from outside; a corner's bits are x, y, z."""


class StepText:
    """A file in the making, in millimetres. Entities are named by their references, such as `#12`."""

    def __init__(self, schema: str = AP214) -> None:
        self.schema = schema
        self.lines: list[str] = []
        application = self.add("APPLICATION_CONTEXT('mechanical design')")
        self.product_context = self.add(f"PRODUCT_CONTEXT('',{application},'mechanical')")
        self.design = self.add(f"PRODUCT_DEFINITION_CONTEXT('part definition',{application},'design')")
        length = self.add("(LENGTH_UNIT() NAMED_UNIT(*) SI_UNIT(.MILLI.,.METRE.))")
        angle = self.add("(NAMED_UNIT(*) PLANE_ANGLE_UNIT() SI_UNIT($,.RADIAN.))")
        solid = self.add("(NAMED_UNIT(*) SOLID_ANGLE_UNIT() SI_UNIT($,.STERADIAN.))")
        self.context = self.add(
            f"(GEOMETRIC_REPRESENTATION_CONTEXT(3) GLOBAL_UNIT_ASSIGNED_CONTEXT(({length},{angle},{solid})) REPRESENTATION_CONTEXT('',''))"
        )
        self.representations: dict[str, str] = {}
        self.shapes: dict[str, str] = {}

    def add(self, entity: str) -> str:
        """Appends an entity; answers its reference."""
        self.lines.append(f"#{len(self.lines) + 1}={entity};")
        return f"#{len(self.lines)}"

    def text(self) -> bytes:
        """The whole file."""
        header = f"FILE_DESCRIPTION((''),'2;1');\nFILE_NAME('a','',(''),(''),'','','');\nFILE_SCHEMA(('{self.schema}'));"
        body = "\n".join(self.lines)
        return f"ISO-10303-21;\nHEADER;\n{header}\nENDSEC;\nDATA;\n{body}\nENDSEC;\nEND-ISO-10303-21;\n".encode()

    def point(self, at: Sequence[float]) -> str:
        return self.add(f"CARTESIAN_POINT('',({','.join(map(str, map(float, at)))}))")

    def direction(self, along: Sequence[float]) -> str:
        return self.add(f"DIRECTION('',({','.join(map(str, map(float, along)))}))")

    def frame(self, at: Sequence[float] = (0, 0, 0)) -> str:
        """A placement with the axes of the whole."""
        return self.add(f"AXIS2_PLACEMENT_3D('',{self.point(at)},{self.direction((0, 0, 1))},{self.direction((1, 0, 0))})")

    def box(self, size: Sequence[float], at: Sequence[float] = (0, 0, 0)) -> str:
        """A solid of six planes."""
        ends = [(start, start + side) for start, side in zip(at, size, strict=True)]
        corners = [(ends[0][x], ends[1][y], ends[2][z]) for z, y, x in product((0, 1), repeat=3)]
        points = [self.point(corner) for corner in corners]
        faces = [self._face([points[corner] for corner in side], [corners[corner] for corner in side]) for side in SIDES]
        return self.add(f"FACETED_BREP('',{self.add(f'''CLOSED_SHELL('',({','.join(faces)}))''')})")

    def _face(self, points: Sequence[str], corners: Sequence[Sequence[float]]) -> str:
        loop = self.add(f"POLY_LOOP('',({','.join(points)}))")
        bound = self.add(f"FACE_OUTER_BOUND('',{loop},.T.)")
        first, second = ([b - a for a, b in zip(*pair, strict=True)] for pair in (corners[:2], corners[1:3]))
        normal = [first[i - 2] * second[i - 1] - first[i - 1] * second[i - 2] for i in range(3)]
        axes = self.add(f"AXIS2_PLACEMENT_3D('',{points[0]},{self.direction(normal)},{self.direction(first)})")
        plane = self.add(f"PLANE('',{axes})")
        return self.add(f"FACE_SURFACE('',({bound}),{plane},.T.)")

    def wire(self, length: float) -> str:
        """A construction line along X, as Pro/E writes axes."""
        vector = self.add(f"VECTOR('',{self.direction((1, 0, 0))},1.)")
        line = self.add(f"LINE('',{self.point((0, 0, 0))},{vector})")
        curve = self.add(f"TRIMMED_CURVE('',{line},(PARAMETER_VALUE(0.)),(PARAMETER_VALUE({float(length)})),.T.,.PARAMETER.)")
        return self.add(f"GEOMETRIC_CURVE_SET('',({curve}))")

    def representation(self, *items: str, kind: str = "SHAPE_REPRESENTATION") -> str:
        return self.add(f"{kind}('',({','.join([self.frame(), *items])}),{self.context})")

    def part(self, number: str, *items: str, name: str | None = None, representation: str | None = None) -> str:
        """A product, with a shape where there are items (or a representation that is there); answers its definition."""
        made = self.add(f"PRODUCT('{number}','{number if name is None else name}','',({self.product_context}))")
        formation = self.add(f"PRODUCT_DEFINITION_FORMATION('','',{made})")
        definition = self.add(f"PRODUCT_DEFINITION('design','',{formation},{self.design})")
        if items or representation:
            shape = self.add(f"PRODUCT_DEFINITION_SHAPE('','',{definition})")
            self.representations[definition] = representation or self.representation(*items)
            self.shapes[definition] = self.add(f"SHAPE_DEFINITION_REPRESENTATION({shape},{self.representations[definition]})")
        return definition

    def use(
        self, parent: str, child: str, name: str, at: Sequence[float] | None = (0, 0, 0), *, number: str = "", refdes: str = "$"
    ) -> str:
        """A usage of a child in a parent; without a place where `at` is None. Both need a representation for a place."""
        usage = self.add(f"NEXT_ASSEMBLY_USAGE_OCCURRENCE('{number or name}','{name}','',{parent},{child},{refdes})")
        if at is not None:
            shape = self.add(f"PRODUCT_DEFINITION_SHAPE('','',{usage})")
            placed = self.add(f"ITEM_DEFINED_TRANSFORMATION('','',{self.frame()},{self.frame(at)})")
            relation = self.add(
                f"(REPRESENTATION_RELATIONSHIP('','',{self.representations[child]},{self.representations[parent]}) "
                f"REPRESENTATION_RELATIONSHIP_WITH_TRANSFORMATION({placed}) SHAPE_REPRESENTATION_RELATIONSHIP())"
            )
            self.add(f"CONTEXT_DEPENDENT_SHAPE_REPRESENTATION({relation},{shape})")
        return usage


def assembly(parts: Mapping[str, Sequence[float]]) -> StepText:
    """A file whose root `TOP` uses one box of each number and size, one after the other along X."""
    file = StepText()
    top = file.part("TOP", file.frame())
    for n, (number, size) in enumerate(parts.items()):
        file.use(top, file.part(number, file.box(size)), f"{number}_1", (100 * n, 0, 0))
    return file
