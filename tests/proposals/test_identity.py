"""Who a component of a file is: every row of the table of certainty, and what findings showed. From values alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from cascadia.proposals.identity import Decided, decide, judge
from cascadia.proposals.memory import NOTHING, Memory, Source, remember
from cascadia.proposals.model import Certainty, Choice, Hit, Product, Way
from cascadia.proposals.naming import claimed_number, drawn_numbers, is_generic, is_placeholder, telling_name
from cascadia.proposals.parts import Change, Numbering, PartRow, part_rows
from cascadia.proposals.products import products_of
from cascadia.structures.model import Component, MakerPart, Structure, Usage

SURE, LIKELY, SUGGESTION, NONE = Certainty
NUMBERS = Numbering()


def product(key: str, **members: Any) -> Product:
    shape = {"component": Component(key=key, number="", name=key, geometry_hash=members.pop("geometry"))} if "geometry" in members else {}
    return Product(key, key, **{"sources": (key,), **shape, **members})


def hit(component: str, item_id: int, *ways: str, number: str = "", name: str = "another", here: bool = True, **attributes: Any) -> Hit:
    numbers = [number or f"P-{item_id:06}"]
    chosen = [number] if number else []
    return Hit(component, item_id, UUID(int=item_id), numbers[0], name, ways, here, numbers, chosen, attributes)


def found(row: Decided) -> tuple[int | None, str | None, Certainty, bool]:
    """Part, way, certainty, and whether a person must look at it."""
    taken = row.taken
    return taken.hit.item_id if taken else None, taken.way if taken else None, row.certainty, bool(row.doubts)


BOLT = product("bolt", number="BOLT-7", name="Hex bolt", geometry="h1")
UNNUMBERED = replace(BOLT, number=None)


@pytest.mark.parametrize(
    ("who", "there", "expected"),
    (
        (BOLT, hit("bolt", 1, "number", number="bolt-7"), (1, Way.NUMBER, SURE, False)),
        (BOLT, hit("bolt", 1, "alias", number="BOLT-7", here=False), (1, Way.ALIAS, SURE, False)),
        (BOLT, hit("bolt", 1, "number", number="BOLT-7", geometry_hash="h2", name="Hex bolt"), (1, Way.NUMBER, SURE, False)),
        (BOLT, hit("bolt", 1, "number", number="BOLT-7", geometry_hash="h2"), (1, Way.NUMBER, LIKELY, True)),
        (UNNUMBERED, hit("bolt", 1, "geometry", name="Hex bolt", geometry_hash="h1"), (1, Way.NAME_GEOMETRY, LIKELY, True)),
        (UNNUMBERED, hit("bolt", 1, "other_name", name="Hex bolt"), (1, Way.NAME, LIKELY, True)),
        (UNNUMBERED, hit("bolt", 1, "other_name", name="Hex bolt", geometry_hash="h2"), (None, None, SUGGESTION, False)),
        (UNNUMBERED, hit("bolt", 1, "geometry", geometry_hash="h1"), (None, None, SUGGESTION, False)),
        (UNNUMBERED, hit("bolt", 1, "geometry", name="Hex bolt", geometry_hash="h1", here=False), (None, None, SUGGESTION, False)),
        (BOLT, hit("bolt", 1, "geometry", name="Hex bolt", geometry_hash="h1", number="NUT-1"), (None, None, SUGGESTION, False)),
        (BOLT, hit("bolt", 1, "geometry", name="Hex bolt", geometry_hash="h1"), (1, Way.NAME_GEOMETRY, LIKELY, True)),
        (BOLT, hit("bolt", 1, "other_name", name="Hex bolt"), (None, None, SUGGESTION, False)),
        (UNNUMBERED, hit("bolt", 1, "other_name", name="hex bolt"), (None, None, SUGGESTION, False)),
    ),
    ids=(
        "number, in another case",
        "alias, of another project",
        "number and name, re-shaped",
        "number alone, all else is other",
        "name and shape",
        "name alone",
        "name against shape",
        "shape alone",
        "name and shape of another project",
        "name and shape against the number",
        "name and shape, the part's number was drawn",
        "name alone, with a number that nobody has",
        "name in another case",
    ),
)
def test_each_way_has_its_certainty(who: Product, there: Hit, expected: Any) -> None:
    assert found(decide([who], [there])[0]) == expected


def test_without_any_part_that_it_may_be_it_is_none() -> None:
    assert found(decide([BOLT], [])[0]) == (None, None, NONE, False)


CHIP = product("u1", makers=(MakerPart(number="LM-317", maker="TI"),))


@pytest.mark.parametrize(
    ("maker", "mpn", "certainty"),
    (("ti", "lm-317", SURE), (None, "LM-317", LIKELY), ("ST", "LM-317", SUGGESTION), ("TI", "LM-337", SUGGESTION)),
    ids=("maker and number", "number alone", "another maker", "another number"),
)
def test_a_makers_number_tells_the_part_with_its_maker(maker: str | None, mpn: str, certainty: Certainty) -> None:
    attributes: dict[str, Any] = {"mpn": mpn} | ({"manufacturer": maker} if maker else {})
    assert decide([CHIP], [hit("u1", 1, "maker", **attributes)])[0].certainty is certainty


def test_a_makers_number_of_a_part_with_another_own_number_is_a_suggestion() -> None:
    mine = replace(CHIP, number="A-1", own_number=True)
    assert found(decide([mine], [hit("u1", 1, "maker", number="B-1", mpn="LM-317", manufacturer="TI")])[0]) == (
        None,
        None,
        SUGGESTION,
        False,
    )


def test_a_makers_number_under_which_a_part_would_be_made_is_no_other_number() -> None:
    mine, theirs = replace(CHIP, number="LM-317", own_number=True), hit("u1", 1, "maker", number="B-1", mpn="LM-317", manufacturer="TI")
    assert found(decide([mine], [theirs])[0]) == (1, Way.MAKER, SURE, False)


def test_a_number_whose_maker_or_kind_contradicts_is_looked_at() -> None:
    numbered = replace(CHIP, number="A-1")
    row = decide([numbered], [hit("u1", 1, "number", number="A-1", mpn="LM-337")])[0]
    assert found(row) == (1, Way.NUMBER, LIKELY, True)
    assert row.doubts == ["its maker's number is LM-317, that of A-1 is LM-337"]
    row = decide([numbered], [hit("u1", 1, "number", number="A-1", mpn="LM-317", manufacturer="ON")])[0]
    assert row.doubts == ["its maker is TI, that of A-1 is ON"]
    sheet = product("sheet", number="A-1", volume=1200)
    row = decide([sheet], [hit("sheet", 1, "number", number="A-1", volume={"value": "100", "unit": "mm3"})])[0]
    assert row.doubts == ["its volume and that of A-1 differ 12.0 times"]
    assert decide([sheet], [hit("sheet", 1, "number", number="A-1", volume={"value": "1000", "unit": "mm3"})])[0].doubts == []


# ── one to one ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_bolts_of_one_shape_are_never_one_part() -> None:
    steel, brass = product("x1", number="BOLT-X1", geometry="h"), product("x2", number="BOLT-X2", geometry="h")
    there = [hit(key, 1, "geometry", number="BOLT-A2", geometry_hash="h") for key in ("x1", "x2")]
    assert [found(row)[0] for row in decide([steel, brass], there)] == [None, None]


def test_the_surest_takes_the_part_and_the_other_is_told() -> None:
    named, numbered = product("a", name="Bolt"), product("b", number="B-1")
    there = [hit("a", 1, "other_name", number="B-1", name="Bolt"), hit("b", 1, "number", number="B-1", name="Bolt")]
    first, second = decide([named, numbered], there)
    assert (first.taken, found(second)[:2]) == (None, (1, Way.NUMBER))
    assert first.doubts == ["it may be B-1 Bolt, which b of the same file is taken for"]


def test_two_that_are_a_part_as_surely_are_both_made_and_looked_at() -> None:
    twins = [product("a", name="Bolt", geometry="h"), product("a#2", name="Bolt", geometry="h")]
    rows = decide(twins, [hit(t.key, 1, "geometry", name="Bolt", geometry_hash="h") for t in twins])
    assert [(row.taken, row.doubts) for row in rows] == [
        (None, ["it may be P-000001 Bolt, and so may a#2 of the same file"]),
        (None, ["it may be P-000001 Bolt, and so may a of the same file"]),
    ]


def test_of_two_with_one_number_the_first_has_it_and_both_are_looked_at() -> None:
    twins = [product("a", number="A-1"), product("a#2", number="A-1")]
    first, second = decide(twins, [hit(t.key, 1, "number", number="A-1") for t in twins])
    assert (found(first), found(second)) == ((1, Way.NUMBER, LIKELY, True), (None, None, SUGGESTION, True))


def test_what_another_component_is_surely_is_no_second_choice() -> None:
    bolts = [product("a", name="Bolt", geometry="h"), product("b", name="Bolt", geometry="h")]
    there = [hit("a", 1, "source", "geometry", name="Bolt", geometry_hash="h"), hit("a", 2, "geometry", name="Bolt", geometry_hash="h")]
    there += [hit("b", n, "geometry", name="Bolt", geometry_hash="h") for n in (1, 2)]
    assert [found(row)[:2] for row in decide(bolts, there)] == [(1, Way.SOURCE), (2, Way.NAME_GEOMETRY)]


def test_a_name_that_two_parts_have_tells_neither() -> None:
    row = decide([UNNUMBERED], [hit("bolt", n, "other_name", name="Hex bolt") for n in (1, 2)])[0]
    assert found(row) == (None, None, SUGGESTION, False)
    assert [other.hit.item_id for other in row.others] == [1, 2]


def test_a_name_alone_tells_nothing_where_another_part_has_it_though_that_is_given_away() -> None:
    mine, other = product("mine", name="Bolt"), product("other", name="Bolt")
    there = [hit("mine", 1, "source", "other_name", name="Bolt"), hit("mine", 2, "other_name", name="Bolt")]
    rows = decide([mine, other], [*there, *(hit("other", n, "other_name", name="Bolt") for n in (1, 2))])
    assert [row.taken.hit.item_id if row.taken else None for row in rows] == [1, None]


def test_what_the_file_became_before_wins_over_a_number_that_is_anothers_and_both_are_shown() -> None:
    row = decide([BOLT], [hit("bolt", 1, "source"), hit("bolt", 2, "number", number="BOLT-7", name="Other")])[0]
    assert (found(row)[:3], row.doubts) == ((1, Way.SOURCE, LIKELY), ["its number is that of BOLT-7 Other"])


# ── what is remembered of a file ────────────────────────────────────────────────────────────────────────────────────────


def sources(*keys: str, root: int = 1, seq: int = 1, geometry: str | None = None) -> list[Source]:
    return [Source(root, key, root + n, key.capitalize(), geometry and f"{geometry}{n}", seq) for n, key in enumerate(keys)]


def model(*keys: str, root: str = "top", named: bool = True, **members: Any) -> list[Product]:
    top = Product(root, root, sources=(root,), name=root if named else None, is_root=True, is_named=named, **members)
    return [top, *(product(key, geometry=f"g-{key}") for key in keys)]


def test_the_next_state_of_a_file_finds_its_parts_whatever_else_changed() -> None:
    memory = remember(model("a", "b", "new"), sources("top", "a", "b", "old"))
    assert (memory.root_id, memory.certainty, memory.doubts) == (1, SURE, ())
    assert {key: source.item_id for key, source in memory.found.items()} == {"top": 1, "a": 2, "b": 3}
    assert set(memory.gone) == {4}


def test_generic_names_are_known_again_in_their_own_file() -> None:
    memory = remember([product("Part1", geometry="h0", is_root=True)], sources("Part1", geometry="h"))
    assert memory.certainty is SURE
    other = remember([product("Part1", geometry="h9", is_root=True)], sources("Part1", geometry="h"))
    assert (other.certainty, bool(other.doubts)) == (LIKELY, True)


def test_another_product_under_the_same_file_name_is_asked_and_not_taken() -> None:
    memory = remember(model("x", "y"), sources("top", "a", "b"))
    assert (memory.certainty, memory.found, memory.gone) == (SUGGESTION, {}, {})
    row = decide(model("x", "y"), [hit("top", 1, "source")], memory)[0]
    assert (found(row)[:3], bool(row.doubts)) == ((None, None, SUGGESTION), True)


@pytest.mark.parametrize(
    ("keys", "certainty"),
    ((("a", "b", "c"), SURE), (("a", "b", "d"), LIKELY), (("a", "x", "y"), SUGGESTION)),
    ids=("the same parts", "most of them", "another board"),
)
def test_the_root_of_a_parts_list_is_asked_unless_it_has_the_same_parts(keys: Sequence[str], certainty: Certainty) -> None:
    assert remember(model(*keys, root="/", named=False), sources("/", "a", "b", "c")).certainty is certainty


def test_two_boards_of_one_file_name_are_two_and_the_likelier_is_taken() -> None:
    known = [*sources("/", "a", "b", "c"), *sources("/", "x", "y", "z", root=10, seq=2)]
    assert remember(model("x", "y", "n", root="/", named=False), known).root_id == 10
    assert remember(model("a", "b", "c", root="/", named=False), known).root_id == 1
    same = [*sources("/", "a", "b"), *sources("/", "a", "b", root=10, seq=2)]
    assert remember(model("a", "b", root="/", named=False), same).certainty is LIKELY


def test_what_a_person_says_of_the_root_holds() -> None:
    known = [*sources("/", "a", "b"), *sources("/", "x", root=10)]
    chosen = remember(model("q", "x", root="/", named=False), known, chosen=10)
    assert (chosen.root_id, chosen.certainty, set(chosen.found)) == (10, SURE, {"/", "x"})
    assert remember(model("a", "b", root="/", named=False), known, refused=True) == NOTHING
    assert remember(model("a"), known, chosen=99) == NOTHING


GONE = {4: Source(1, "cover", 4, "Cover", None, 1)}


def test_a_part_that_has_the_shape_of_one_that_is_gone_was_renamed() -> None:
    memory = Memory(1, SURE, gone=GONE)
    renamed = product("lid", name="Lid", geometry="h")
    row = decide([renamed], [hit("lid", 4, "geometry", name="Cover", geometry_hash="h")], memory)[0]
    assert found(row) == (4, Way.RENAMED, LIKELY, True)
    numbered = replace(renamed, number="LID-2")
    assert decide([numbered], [hit("lid", 4, "geometry", number="LID-1", geometry_hash="h")], memory)[0].taken is None
    two = [renamed, product("cap", name="Cap", geometry="h")]
    rows = decide(two, [hit(p.key, 4, "geometry", name="Cover", geometry_hash="h") for p in two], memory)
    assert [r.taken for r in rows] == [None, None]


def test_a_root_is_never_found_by_its_shape() -> None:
    memory = Memory(1, SURE, gone=GONE)
    root = product("top", geometry="h", is_root=True)
    assert judge(root, hit("top", 4, "geometry", geometry_hash="h"), memory).certainty is SUGGESTION
    assert judge(root, hit("top", 4, "geometry", geometry_hash="h", here=False)).certainty is SUGGESTION


def test_the_newest_of_what_a_component_became_holds() -> None:
    old, new = Source(1, "a", 2, "A", None, 1), Source(1, "a", 3, "A", None, 2)
    known = [new, old, Source(1, "top", 1, "Top", None, 1)]
    assert remember(model("a"), known).found["a"].item_id == 3


def test_what_was_alone_and_is_one_of_several_now_is_found_and_looked_at_where_it_has_another_shape() -> None:
    top, *_ = model()
    twin = product("A1", geometry="h2", sources=("A1 in left", "A1"))
    memory = remember([top, twin, product("b")], sources("top", "A1", "b"))
    assert (memory.found["A1"].item_id, memory.loose) == (2, frozenset({"A1"}))
    assert found(decide([twin], [hit("A1", 2, "source", geometry_hash="h1")], memory)[0])[:3] == (2, Way.SOURCE, LIKELY)
    assert found(decide([twin], [hit("A1", 2, "source", geometry_hash="h2")], memory)[0])[:3] == (2, Way.SOURCE, SURE)


# ── names and numbers ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ("Part1", "SOLID", "Body", "Body (2)", "COMPOUND", "Default", "solid.001", "Assem1", "  ", "7", "部品2"))
def test_names_that_programs_give_say_nothing(name: str) -> None:
    assert is_generic(name)
    assert telling_name(Component(key="k", number="", name=name)) is None


@pytest.mark.parametrize("name", ("Partition", "Solid rivet", "Body panel", "4711", "Bolt M6", "R-10K", "Deckel"))
def test_names_that_people_give_say_something(name: str) -> None:
    assert not is_generic(name)


@pytest.mark.parametrize("number", ("-", "N/A", "tbd", "TBD ", "#N/A", "#NAME?", "?", "none"))
def test_what_stands_for_a_missing_number_is_none(number: str) -> None:
    assert is_placeholder(number)
    assert claimed_number(Component(key="k", number=number, name="Motor", own_number=True)) is None


@pytest.mark.parametrize(
    ("number", "name", "claimed"),
    (
        ("4711-001", "Flansch DN50", "4711-001"),
        ("PUMP-A-EX", "Pump for export", "PUMP-A-EX"),
        ("R-10K", "R-10K", "R-10K"),
        ("bolt", "Bolt", None),
        ("bolt_1", "bolt_1", None),
        ("Part1", "Cover", None),
        ("1", "Cover", None),
        ("#17", "Cover", None),
        ("Open CASCADE STEP translator 7.8 1", "Cover", None),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "Cover", None),
        ("left arm", "Arm", None),
        ("", "Cover", None),
    ),
)
def test_the_id_of_a_product_is_its_number_where_it_is_one(number: str, name: str, claimed: str | None) -> None:
    assert claimed_number(Component(key="k", number=number, name=name)) == claimed


def test_a_parts_own_number_is_its_number_whatever_it_looks_like() -> None:
    for number in ("17", "Part1", "bolt"):
        assert claimed_number(Component(key="k", number=number, name=number, own_number=True)) == number


def test_a_number_that_several_products_have_is_given_to_none() -> None:
    twins = [Component(key=key, number="A-100", name=f"Lid {key}") for key in ("A-100", "A-100#2")]
    structure = Structure(source_schema="AP214", unit="mm", root="/", components=twins, usages=[])
    rows = part_rows(twins, decide(products_of(structure, titled=False), []))
    assert [(row.number, len(row.notes)) for row in rows] == [(None, 1), (None, 1)]


def test_numbers_that_the_scheme_draws_are_known() -> None:
    scheme = drawn_numbers([{"literal": "P-"}, {"project": True}, {"literal": "-"}, {"sequence": 4}])
    assert scheme.fullmatch("P-rover-0012")
    assert not scheme.fullmatch("BOLT-7")


# ── what becomes of the parts ───────────────────────────────────────────────────────────────────────────────────────────


def row_of(component: Component, *hits: Hit, memory: Memory = NOTHING, numbering: Numbering = NUMBERS) -> PartRow:
    structure = Structure(source_schema="AP214", unit="mm", root="/", components=[component], usages=[])
    return part_rows([component], decide(products_of(structure, titled=False), hits, memory), memory, numbering)[0]


def changes(row: PartRow) -> dict[str, tuple[Any, Any, bool]]:
    return {change.field: (change.old, change.new, change.apply) for change in row.changes}


def test_a_product_id_becomes_the_number_and_one_that_is_the_name_another_one() -> None:
    flange = row_of(Component(key="k", number="4711-001", name="Flansch DN50"))
    assert (flange.choice, flange.number, list(flange.changes)) == (Choice.CREATE, "4711-001", [])
    resistor = row_of(Component(key="k", number="R-10K", name="R-10K"))
    assert (resistor.number, list(resistor.changes)) == (None, [Change("alias", None, "R-10K")])
    fixed = row_of(Component(key="k", number="4711-001", name="Flansch"), numbering=Numbering(may_type=False))
    assert (fixed.number, list(fixed.changes)) == (None, [Change("alias", None, "4711-001")])


def test_a_new_part_has_its_makers_number() -> None:
    row = row_of(Component(key="k", number="", name="Opamp", makers=[MakerPart(number="LM-358"), MakerPart(number="X")]))
    assert changes(row) == {"mpn": (None, "LM-358", True)}


def test_a_number_that_is_anothers_is_not_kept_and_that_is_said() -> None:
    row = row_of(Component(key="k", number="4711-001", name="Flansch DN50"), numbering=Numbering(frozenset({"4711-001"})))
    assert (row.number, list(row.changes), len(row.notes)) == (None, [], 1)
    own = row_of(Component(key="k", number="A-1", name="A", own_number=True), numbering=Numbering(frozenset({"a-1"})))
    assert own.number == "A-1"


def test_a_name_that_differs_is_offered_and_taken_over_where_nobody_typed_the_one_that_is_there() -> None:
    lid = Component(key="k", number="", name="Lid")
    memory = Memory(1, SURE, found={"k": Source(1, "k", 1, "Cover", None, 1)})
    assert changes(row_of(lid, hit("k", 1, "source", name="Cover"), memory=memory)) == {"name": ("Cover", "Lid", True)}
    assert changes(row_of(lid, hit("k", 1, "source", name="My cover"), memory=memory)) == {"name": ("My cover", "Lid", False)}
    same = Memory(1, SURE, found={"k": Source(1, "k", 1, "Lid", None, 1)})
    assert changes(row_of(lid, hit("k", 1, "source", name="My lid"), memory=same)) == {}
    shaped = Component(key="k", number="", name="Lid", geometry_hash="h")
    renamed = row_of(shaped, hit("k", 4, "geometry", name="Cover", geometry_hash="h"), memory=Memory(1, SURE, gone=GONE))
    assert changes(renamed) == {"name": ("Cover", "Lid", True)}
    numbered = Component(key="k", number="L-100", name="Lid", own_number=True)
    assert changes(row_of(numbered, hit("k", 1, "number", number="L-100", name="Cover"))) == {"name": ("Cover", "Lid", False)}


def test_a_number_or_a_makers_number_that_differs_is_offered() -> None:
    memory = Memory(1, SURE, found={"k": Source(1, "k", 1, "Lid", None, 1)})
    lid = Component(key="k", number="L-100", name="Lid", makers=[MakerPart(number="M-1", maker="TI")])
    assert changes(row_of(lid, hit("k", 1, "source", name="Lid"), memory=memory)) == {
        "alias": (None, "L-100", True),
        "manufacturer": (None, "TI", True),
        "mpn": (None, "M-1", True),
    }
    taken = Numbering(frozenset({"l-100"}))
    assert changes(row_of(lid, hit("k", 1, "source", name="Lid", mpn="M-9"), memory=memory, numbering=taken)) == {
        "manufacturer": (None, "TI", False),
        "mpn": ("M-9", "M-1", False),
    }


def test_components_that_a_file_calls_the_same_are_told_by_what_they_stand_in() -> None:
    def twins(*order: str) -> Structure:
        keys = {order[0]: "A1", order[1]: "A1#2"}
        made = [Component(key=key, number=key.partition("#")[0], name=key) for key in ("top", "left", "right", "A1", "A1#2")]
        usages = [Usage(parent="top", child=side, key=side, name=side) for side in ("left", "right")]
        usages += [Usage(parent=side, child=key, key="1", name="1") for side, key in keys.items()]
        return Structure(source_schema="AP214", unit="mm", root="top", components=made, usages=usages)

    def places(structure: Structure) -> dict[str, str]:
        parents = {usage.child: usage.parent for usage in structure.usages}
        return {parents[p.key]: p.sources[0] for p in products_of(structure, titled=False) if p.key.startswith("A1")}

    assert places(twins("left", "right")) == places(twins("right", "left"))
    single = products_of(small(), titled=False)
    assert [p.sources[0] for p in single] == ["top", "A1"]


def small() -> Structure:
    made = [Component(key=key, number=key, name=key) for key in ("top", "A1")]
    return Structure(
        source_schema="AP214", unit="mm", root="top", components=made, usages=[Usage(parent="top", child="A1", key="1", name="1")]
    )
