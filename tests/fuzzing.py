"""A fuzzer of our own: valid requests to every operation with one or two things in them that nobody would send, by everybody in turn.

Texts, numbers, cursors and bodies come from a seed alone, so a run is repeated by naming it. Each answer must be one that the
document describes: no 5xx, and a body of its schema. `tests/api/test_fuzz.py` runs some, `./dev bench fuzz` hundreds of thousands.
"""

import base64
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import jsonschema_rs

from cascadia.kernel.paging import PageRequest
from tests.company import JSON
from tests.site import Operation, Site

LEFT_OUT: Final = frozenset({"stream_events", "sign_out", "set_up", "edit_user", "revoke_role", "grant_role", "get_metrics"})
"""What never ends, or takes people their role."""
KEPT: Final = ("DELETE",)
"""Methods whose address is altered in any case: what one case deletes the next ones would miss."""
PIECES: Final = (
    "\0", "\x1b[2J", "\r\n", "\t", "\x7f", "\x9b", "\ud800", "\udfff", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\ufffe",
    "\U0001ffff", "\u3164", "😀", "é", "e\u0301", "ﬃ", "İ", "ß", "٣", "\uff11", "%", "_", "\\", "'", '"', ";--", "../", "/", "*",
    "~", "\U000e0041", "a", "Z", "0", " ",
)  # fmt: skip
NUMBERS: Final = (
    "0", "-0", "-1", "1", "007", "1_000", "1e3", "1E-3", "1e30", "1e-30", "1e309", "1e99999", "0x1f", "NaN", "-Infinity", "٣",
    "\uff11", " 2 ", "+2", "1.", ".5", "1,5", "9" * 20, "9" * 400, "0." + "0" * 40 + "1", "2147483648", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809",
)  # fmt: skip
VALUES: Final[tuple[Any, ...]] = (None, True, False, [], {}, [[]], [None], {"": None}, "", 0, -1, 2**63, 2**64, 1.5, 1e308)
HEADERS: Final = (
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Range",
    "Accept",
    "Content-Type",
    "X-Request-ID",
    "traceparent",
    "Last-Event-ID",
)


@dataclass
class Told:
    """What a run found. `wrong` has the first cases that were answered as nothing in the document says."""

    seed: int
    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    undescribed: int = 0
    wrong: list[str] = field(default_factory=list)

    def report(self) -> JSON:
        """For machines."""
        return {
            "seed": self.seed,
            "cases": self.cases,
            "operations": len(self.operations),
            "server_errors": self.broken,
            "outside_the_schema": self.undescribed,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "wrong": self.wrong,
        }


class Fuzzer:
    """Cases from a seed, sent as one of `people` each."""

    def __init__(self, site: Site, people: Sequence[httpx.AsyncClient], seed: int) -> None:
        self._site, self._people = site, people
        self._chance = random.Random(seed)
        self._document = site.workshop.company.app.openapi()
        self._validators: dict[tuple[str, str], jsonschema_rs.Validator | None] = {}
        self._secret: bytes = site.workshop.company.app.state.cursor_secret
        self._operations = [o for o in site.operations if o.name not in LEFT_OUT]
        self.told = Told(seed)

    async def run(self, cases: int) -> Told:
        """So many cases more."""
        for _ in range(cases):
            await self.one()
        return self.told

    async def one(self) -> None:
        """One case."""
        operation = self._chance.choice(self._operations)
        for _ in range(self._chance.choice((1, 1, 1, 2))):
            operation = self._altered(operation)
        if operation.method in KEPT:
            operation = operation.but(place={name: self._text() for name in operation.place})
        operation = operation.but(headers={name: value.encode("utf-8", "replace") for name, value in operation.headers.items()})
        who = self._chance.choice(self._people)
        try:
            answer = await operation.by(who)
        except (httpx.InvalidURL, UnicodeEncodeError):
            return  # no client can send that
        self._judge(operation, answer)

    def _altered(self, operation: Operation) -> Operation:
        """The request with one odd thing in it."""
        ways = [self._with_header]
        ways += [self._with_place] * bool(operation.described.get("parameters")) + [self._with_query] * 2
        if any(p["name"] == "cursor" for p in operation.described.get("parameters", ())):
            ways += [self._with_cursor] * 4
        if "requestBody" in operation.described:
            ways += [self._with_body] * 6
        return self._chance.choice(ways)(operation)

    def _with_header(self, operation: Operation) -> Operation:
        name = self._chance.choice(HEADERS)
        value = self._text().replace("\r", "").replace("\n", "").replace("\0", "").strip()
        return operation.but(headers={**operation.headers, name: value})

    def _with_place(self, operation: Operation) -> Operation:
        named = [p["name"] for p in operation.described["parameters"] if p["in"] == "path"]
        return (
            operation.but(place={**operation.place, self._chance.choice(named): self._quoted()}) if named else self._with_query(operation)
        )

    def _quoted(self) -> str:
        return "".join(f"%{byte:02X}" for byte in self._text().encode("utf-8", "surrogatepass")) or "%00"

    def _with_query(self, operation: Operation) -> Operation:
        named = [p["name"] for p in operation.described.get("parameters", ()) if p["in"] == "query"] or ["unknown"]
        text = self._text().encode("utf-8", "replace").decode()
        return operation.but(query={**operation.query, self._chance.choice(named): text})

    def _with_cursor(self, operation: Operation) -> Operation:
        """Texts that were never a cursor, cursors that were altered, and cursors of another list."""
        keys = [self._value() for _ in range(self._chance.randrange(3))]
        plain = base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")
        other = PageRequest(address=self._chance.choice(("/api/v1/parts", operation.path)), secret=self._secret).cursor_after(["x", 1])
        at = self._chance.randrange(len(other))
        cut = other[:at] + self._chance.choice("Aa-_=!é") + other[at + 1 :]
        cursor = self._chance.choice((plain, cut, other[:at], other, "[" * 1400, self._text().encode("utf-8", "replace").decode()))
        return operation.but(query={**operation.query, "cursor": cursor})

    def _with_body(self, operation: Operation) -> Operation:
        body, headers = operation.body, {**operation.headers, "Content-Type": "application/json"}
        if self._chance.random() < 0.1 or not isinstance(body, Mapping):
            raw = self._chance.choice((b"", b"{", b"\xff", json.dumps(self._value()).encode(), b"[" * 5000, b"NaN"))
            return operation.but(body=raw, headers=headers)
        return operation.but(body=json.dumps(self._within(dict(body), self._members(operation))).encode(), headers=headers)

    def _members(self, operation: Operation) -> list[str]:
        schema = operation.described["requestBody"]["content"].get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        return list(self._document["components"]["schemas"].get(name, {}).get("properties", ()))

    def _within(self, value: Any, members: Sequence[str] = ()) -> Any:
        """The value with one odd thing somewhere inside it."""
        if isinstance(value, dict) and (value or members) and self._chance.random() < 0.95:
            name = self._chance.choice([*value, *members])
            return {**value, name: self._within(value.get(name))}
        if isinstance(value, list) and value and self._chance.random() < 0.8:
            at = self._chance.randrange(len(value))
            return [*value[:at], self._within(value[at]), *value[at + 1 :]]
        return self._value()

    def _value(self) -> Any:
        kind = self._chance.random()
        if kind < 0.4:
            return self._text()
        if kind < 0.6:
            return self._chance.choice(NUMBERS)
        if kind < 0.8:
            return self._chance.choice(VALUES)
        return {self._text(): self._value()} if kind < 0.9 else [self._value()]

    def _text(self) -> str:
        if self._chance.random() < 0.2:
            return self._chance.choice(NUMBERS)
        text = "".join(self._chance.choices(PIECES, k=self._chance.choice((0, 1, 2, 3, 8, 40))))
        return text * self._chance.choice((1, 1, 1, 1, 30))

    def _judge(self, operation: Operation, answer: httpx.Response) -> None:
        told, status = self.told, answer.status_code
        told.cases += 1
        told.statuses[status] += 1
        told.operations[operation.name] += 1
        full = '"quota_exceeded"' in answer.text  # some case bounded the room of the program
        flaw = "a server error" if status >= 500 and not full else self._flaw(operation, answer)
        if flaw is None:
            return
        told.broken += status >= 500
        told.undescribed += status < 500
        if len(told.wrong) < 20:
            told.wrong.append(f"{flaw}: {_shown(operation)} → {status} {answer.text[:300]}")

    def _flaw(self, operation: Operation, answer: httpx.Response) -> str | None:
        responses = operation.described["responses"]
        status = str(answer.status_code)
        if status not in responses and answer.is_success:
            return "a status that the document does not know"
        described = responses.get(status, responses["default"]).get("content", {})
        media = answer.headers.get("content-type", "").partition(";")[0]
        if not answer.content or answer.request.method == "HEAD" or answer.has_redirect_location:
            return None
        if media not in described and answer.is_error:
            return f"a refusal as {media}"
        if media not in {"application/json", "application/problem+json"} or media not in described:
            return None
        validator = self._validator(operation.name, status if status in responses else "default", described[media]["schema"])
        return None if validator.is_valid(answer.json()) else "a body outside its schema"

    def _validator(self, name: str, status: str, schema: JSON) -> jsonschema_rs.Validator:
        found = self._validators.get((name, status))
        if found is None:
            found = jsonschema_rs.validator_for({**schema, "components": self._document["components"]})
            self._validators[name, status] = found
        return found


def _shown(operation: Operation) -> str:
    return ascii((operation.name, operation.method, operation.path, dict(operation.query), dict(operation.headers), operation.body))[:1500]
