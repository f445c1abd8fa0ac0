"""How large a body each route takes, and reading JSON within that: what is too much is refused before it is made into objects."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final, TypeVar

from pydantic import ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from cascadia.kernel.errors import BadRequest, TooLarge, UnsupportedMediaType

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

KIB: Final = 1024
MIB: Final = 1024 * KIB
DEPTH: Final = 32
ERRORS_SHOWN: Final = 100
LARGE: Final = 64 * KIB
"""Bytes of a body from which on it is read beside the event loop."""
TEXT: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
STRING: Final = re.compile(TEXT, re.DOTALL)
"""A string of JSON, or all the rest where it does not end: always matches from a quote, so that reading on costs nothing."""
SPACE: Final = re.compile(r"[ \t\n\r]*")
STRETCH: Final = re.compile(rb'(?:[^"]++|' + TEXT + rb"){1,1000}+", re.DOTALL)
"""A few hundred strings and what is between them: looked at in one go."""
TOKEN: Final = re.compile(rb"[\[\]{},]")


@dataclass(frozen=True, slots=True)
class Bound:
    """What one body may hold at most: bytes (None: any number, the route reads them as they come), and values and names of its JSON.

    Values are members of objects and items of lists, counted together on all levels; names are those of the members. `item` bounds
    the values of one item of a list on the first level; where it is given, the body is read and checked item by item, beside the
    event loop.
    """

    size: int | None
    values: int = 0
    names: int = 0
    item: int | None = None


ACCESS: Final = Bound(64 * KIB, 200, 100)
"""For whom nobody knows yet: signing in, and setting up."""
ORDINARY: Final = Bound(MIB, 5_000, 1_500)
LINE: Final = Bound(MIB, 20_000, 1_500)
"""A BOM line: 1,000 placements of 16 numbers."""
BATCH: Final = Bound(8 * MIB, 600_000, 600_000, item=20_000)
"""Changes of 10,000 BOM lines with their placements."""
PIECE: Final = Bound(20 * MIB)
STREAMED: Final = Bound(None)


def takes(bound: Bound) -> Callable[[Endpoint], Endpoint]:
    """Declares the bound of a route's body; without it, it is `ORDINARY`."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__cascadia_body__ = bound  # type: ignore[attr-defined]
        return endpoint

    return mark


def bound_of(endpoint: Callable[..., Any]) -> Bound:
    """What `@takes(...)` said."""
    found = getattr(endpoint, "__cascadia_body__", ORDINARY)
    assert isinstance(found, Bound)
    return found


def check_kind(headers: Mapping[str, str]) -> None:
    """415 for a body that does not say it is JSON, or that is packed."""
    message = Message()
    message["content-type"] = headers.get("content-type", "")
    kind = message.get_content_type() if headers.get("content-type") else ""
    if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        raise UnsupportedMediaType("Send the body as `application/json`, and say so in `Content-Type`.")
    if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise UnsupportedMediaType("Send the body as it is, without `Content-Encoding`.", code="unsupported_encoding")


def read(body: bytes, bound: Bound) -> Any:
    """The JSON of a body as Python values; 400 where it is none or too deep, 413 where it holds more values than `bound` allows."""
    by_items = bound.item is not None and re.match(rb"\s*\{", body) is not None
    bound = bound if by_items or bound.item is None else ORDINARY
    _check_shape(b"".join(STRING.sub(b"", stretch[0]) for stretch in STRETCH.finditer(body)), bound)
    try:
        text = body.decode()
        return _Reader(text).whole() if by_items else json.loads(text)
    except ValueError as error:
        raise BadRequest("The body is no JSON. Check it with a JSON parser.", code="bad_json") from error


def _check_shape(skeleton: bytes, bound: Bound) -> None:
    """Refuses too many values and too many levels by what is left of the text without its strings."""
    opened = skeleton.count(b"[") + skeleton.count(b"{")
    if skeleton.count(b",") + opened > bound.values:
        raise TooLarge(f"The body holds more than {bound.values} members and items. Send less at once.", code="too_many_values")
    if skeleton.count(b":") > bound.names:
        raise TooLarge(f"The body holds more than {bound.names} members. Send less at once.", code="too_many_values")
    if opened > DEPTH or bound.item is not None:
        _check_levels(skeleton, bound.values if bound.item is None else bound.item)


def _check_levels(skeleton: bytes, most: int) -> None:
    """`most` bounds what is read at once: an item of a list in the outermost object, or the names of its members."""
    depth, outer, inner, listed = 0, 0, 0, False
    for token in TOKEN.finditer(skeleton):
        match token[0]:
            case b",":
                outer += depth == 1
                inner = 0 if depth == 1 or (depth == 2 and listed) else inner + 1
            case b"[" | b"{" as bracket:
                depth, inner = depth + 1, inner + 1
                listed = bracket == b"[" if depth == 2 else listed
            case _:
                depth -= 1
        if depth > DEPTH:
            raise BadRequest(f"The body has more than {DEPTH} levels.", code="bad_json")
        if max(inner, outer) > most:
            raise TooLarge(f"One item of the body holds more than {most} members and items.", code="too_many_values")


def one_by_one(most: int) -> Callable[[Any, ValidatorFunctionWrapHandler], Any]:
    """Checks a list of a large body item by item: other threads get their turn in between, and it ends when enough is wrong."""

    def checked(items: Any, check: ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(items, list) or not items:
            return check(items)
        if len(items) > most:
            raise PydanticCustomError("too_long", f"List should have at most {most} items, not {len(items)}")
        found: list[Any] = []
        wrong: list[InitErrorDetails] = []
        for index, item in enumerate(items):
            try:
                found += check([item])
            except ValidationError as error:
                wrong += [_at(index, details) for details in error.errors(include_url=False, include_input=False)]
            if len(wrong) >= ERRORS_SHOWN:
                break
        if wrong:
            raise ValidationError.from_exception_data("items", wrong[:ERRORS_SHOWN])
        return found

    return checked


def _at(index: int, details: ErrorDetails) -> InitErrorDetails:
    """An error of a list with one item as that of the item at `index`."""
    told = {name: value for name, value in details.get("ctx", {}).items() if isinstance(value, str | int | float | ValueError)}
    said = PydanticCustomError(details["type"], details["msg"], told)
    return InitErrorDetails(type=said, loc=(index, *details["loc"][1:]), input=None)


class _Reader:
    """As `json.loads` for an object, but item by item of the lists in it: other threads get their turn in between."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._decode = json.JSONDecoder().raw_decode

    def whole(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in self._between("{", "}"):
            if self._next() != '"':
                raise ValueError("no name")
            name = self._value()
            self._need(":")
            found[str(name)] = self._list() if self._next() == "[" else self._value()
        if self._next():
            raise ValueError("something follows")
        return found

    def _list(self) -> list[Any]:
        return [self._value() for _ in self._between("[", "]")]

    def _between(self, opening: str, closing: str) -> Iterator[None]:
        """Once for each place where a value is, between brackets and commas."""
        self._need(opening)
        if self._next() != closing:
            yield
            while self._next() == ",":
                self._at += 1
                yield
        self._need(closing)

    def _value(self) -> Any:
        self._next()
        value, self._at = self._decode(self._text, self._at)
        return value

    def _need(self, expected: str) -> None:
        if self._next() != expected:
            raise ValueError(f"no {expected}")
        self._at += 1

    def _next(self) -> str:
        """The character that comes after white space; empty at the end."""
        space = SPACE.match(self._text, self._at)
        assert space
        self._at = space.end()
        return self._text[self._at : self._at + 1]
