"""What the source says where it refuses: code, sentence and place of every error that is made, read without running anything."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SOURCE: Final = ROOT / "src/cascadia"
HOLE: Final = "…"
"""Stands for what is put into a sentence when it is said."""
FIELD: Final = re.compile(r"\{[^{}]*\}")


class NotReadable(Exception):
    """The source says a code in a way that this cannot follow; the text says where."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of errors: its base, and what it says of itself."""

    name: str
    base: str
    code: str | None
    status: int | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """An error that is made at `place`: of which class, with which code (None: that of its class), in which words."""

    kind: str
    code: str | None
    sentences: tuple[str, ...]
    place: str


Function = ast.FunctionDef | ast.AsyncFunctionDef
Names = Mapping[str, tuple[str, ...]]
"""What each name of a function may be as a text, at one place of it."""


@dataclass
class Module:
    """A file with its functions and its named texts."""

    path: Path
    tree: ast.Module
    texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for statement in self.tree.body:
            if (named := _assigned(statement)) and (said := texts(named[1])):
                self.texts[named[0]] = said[0]

    def place(self, node: ast.expr) -> str:
        return f"{self.path.relative_to(ROOT)}:{node.lineno}"


@cache
def modules() -> tuple[Module, ...]:
    """Every file of the program, read once."""
    return tuple(Module(path, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(SOURCE.rglob("*.py")))


def texts(node: ast.expr | None, names: Names | None = None) -> tuple[str, ...]:
    """The texts that an expression may be, with `…` for what is put in; none where it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return (text,)
        case ast.JoinedStr(values=values):
            return ("".join(piece.value if isinstance(piece, ast.Constant) else HOLE for piece in values),)  # type: ignore[misc]
        case ast.IfExp(body=first, orelse=second):
            return (*(texts(first, names) or (HOLE,)), *(texts(second, names) or (HOLE,)))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return ("".join((texts(left, names) or (HOLE,))[0] + (texts(right, names) or (HOLE,))[0]),)
        case ast.Name(id=name):
            return (names or {}).get(name, ())
        case ast.Call(func=ast.Attribute(value=pattern, attr="format")):
            return tuple(FIELD.sub(HOLE, text) for text in texts(pattern, names))
        case ast.Call(func=ast.Attribute(attr="get"), args=[_, otherwise]):
            return texts(otherwise, names)
        case _:
            return ()


def kinds(found: Sequence[Module], *roots: str) -> dict[str, Kind]:
    """The classes below the named ones, and those themselves, by name."""
    classes = [node for module in found for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    known = dict.fromkeys(roots, "")
    while fresh := {c.name: b.id for c in classes for b in c.bases if isinstance(b, ast.Name) and b.id in known and c.name not in known}:
        known |= fresh
    mine = [c for c in classes if c.name in roots or any(isinstance(b, ast.Name) and b.id in known for b in c.bases)]
    return {c.name: _kind(c, known[c.name]) for c in mine}


def of(name: str, member: str, known: Mapping[str, Kind]) -> str | int | None:
    """What a class says of itself, or inherits."""
    kind = known[name]
    said: str | int | None = getattr(kind, member)
    return said if said is not None or not kind.base else of(kind.base, member, known)


def _kind(node: ast.ClassDef, base: str) -> Kind:
    said: dict[str, object] = {}
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(names, values, strict=True)
                said |= {n.id: v.value for n, v in pairs if isinstance(n, ast.Name) and isinstance(v, ast.Constant)}
            case _:
                if (named := _assigned(statement)) and isinstance(named[1], ast.Constant):
                    said[named[0]] = named[1].value
    code, status, title = said.get("code") or _code_of_its_own(node), said.get("status"), said.get("title")
    assert code is None or isinstance(code, str)
    assert status is None or isinstance(status, int)
    assert title is None or isinstance(title, str)
    return Kind(node.name, base, code, status, title)


def _code_of_its_own(node: ast.ClassDef) -> str | None:
    """A code that a class hands to its base by `super().__init__(…, code=…)`."""
    given = [k.value for call in ast.walk(node) if isinstance(call, ast.Call) for k in call.keywords if k.arg == "code"]
    return next((value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)), None)


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return name, value
        case _:
            return None


def errors(found: Sequence[Module], known: Mapping[str, Kind]) -> Iterator[Said]:
    """Every error of these classes that the program makes."""
    for module in found:
        for function in _functions(module.tree):
            yield from _Reader(module, function, known).errors()


def _functions(tree: ast.Module) -> Iterator[Function | ast.Module]:
    yield tree
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


class _Reader:
    """Reads one function, or what a file does when it is imported."""

    def __init__(self, module: Module, function: Function | ast.Module, known: Mapping[str, Kind]) -> None:
        self.module = module
        self.function = function
        self.known = known
        self.calls: list[tuple[ast.Call, Names]] = []
        self._read(function.body, {name: (text,) for name, text in module.texts.items()})

    def _read(self, block: Sequence[ast.stmt], names: Names) -> Names:
        """Notes the calls of a block with what names stand for there; returns what they stand for after it."""
        for statement in block:
            self.calls += [(node, names) for node in _outside_of_blocks(statement) if isinstance(node, ast.Call)]
            if (named := _assigned(statement)) and (said := texts(named[1], names)):
                names = {**names, named[0]: said}
            ends = [self._read(inner, names) for inner in _blocks(statement)]
            changed = {name for end in ends for name in end if end[name] != names.get(name)}
            names = {**names, **{name: tuple(dict.fromkeys(t for end in ends for t in end.get(name, ()))) for name in changed}}
        return names

    def errors(self) -> Iterator[Said]:
        for call, names in self.calls:
            if isinstance(call.func, ast.Name) and call.func.id in self.known:
                yield from self._made(call.func.id, call, names)

    def _made(self, kind: str, call: ast.Call, names: Names) -> Iterator[Said]:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        at = code_at(kind, self.known)
        arguments = [*call.args, None, None, None]
        code, words = (given.get("code"), arguments[0] or given.get("detail")) if at is None else arguments[at : at + 2]
        parameters = _parameters(self.function)
        if any(isinstance(said, ast.Name) and said.id in parameters for said in (code, words)):
            yield from self._said_by_callers(kind, code, words, names)
            return
        codes: Sequence[str | None] = texts(code, names) if code is not None else [None]
        if (not codes or any(HOLE in (said or "") for said in codes)) and not self._made_elsewhere(code):
            raise NotReadable(f"{self.module.place(call)}: say the code as a text, so that the reference can name it")
        for said in codes:
            yield Said(kind, said, texts(words, names), self.module.place(call))

    def _made_elsewhere(self, code: ast.expr | None) -> bool:
        """An attribute, or taken from what another process said."""
        captured = {node.name for node in ast.walk(self.function) if isinstance(node, ast.MatchAs)}
        return isinstance(code, ast.Attribute | ast.Subscript) or (isinstance(code, ast.Name) and code.id in captured)

    def _said_by_callers(self, kind: str, code: ast.expr | None, words: ast.expr | None, names: Names) -> Iterator[Said]:
        """The function makes an error of a code, or in words, that it is given: by whom, and which."""
        assert isinstance(self.function, Function)
        parameters = _parameters(self.function)
        for function in _functions(self.module.tree):
            for call, there in _Reader(self.module, function, {}).calls:
                if isinstance(call.func, ast.Name) and call.func.id == self.function.name:
                    given = dict(zip(parameters, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
                    bound = {**names, **{name: texts(value, there) for name, value in given.items()}}
                    for found in texts(code, bound) if code is not None else [None]:
                        yield Said(kind, found, texts(words, bound), self.module.place(call))


BY_POSITION: Final = {"PermanentJobError": 0, "Failure": 0, "Outage": 1}
"""How jobs fail: a code and a message one behind the other, not by name."""


def code_at(kind: str, known: Mapping[str, Kind]) -> int | None:
    """Where the code stands among the arguments of a class; None where it is one by name."""
    return BY_POSITION.get(kind) if kind in BY_POSITION or not known[kind].base else code_at(known[kind].base, known)


def _parameters(function: Function | ast.Module) -> list[str]:
    if isinstance(function, ast.Module):
        return []
    given = function.args
    return [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks inside a statement that run in its own function."""
    if isinstance(statement, Function):
        return
    for member in ("body", "orelse", "finalbody"):
        if block := getattr(statement, member, None):
            yield block
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _outside_of_blocks(statement: ast.stmt) -> Iterator[ast.AST]:
    """What a statement consists of, without its blocks and without functions inside it."""
    waiting = [child for child in ast.iter_child_nodes(statement) if not isinstance(statement, Function)]
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield node
            waiting = [*ast.iter_child_nodes(node), *waiting]


def problems(module: Module) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Status, code and words of what is answered without an error: `problem(status, code, title, detail)`, or a `Problem` by names."""
    for function in _functions(module.tree):
        for call, names in _Reader(module, function, {}).calls:
            match call:
                case ast.Call(func=ast.Name(id="problem"), args=[ast.Constant(int(status)), ast.Constant(str(code)), _, words, *_]):
                    yield status, code, texts(words, names)
                case ast.Call(func=ast.Name(id="Problem"), keywords=keywords):
                    given = {keyword.arg: keyword.value for keyword in keywords}
                    said = texts(given.get("code")), given.get("status")
                    if said[0] and isinstance(said[1], ast.Constant):
                        yield int(str(said[1].value)), said[0][0], texts(given.get("detail"), names)
                case _:
                    pass
