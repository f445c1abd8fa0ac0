"""Pure values of versioning: canonical bytes, points."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadia.kernel.errors import BadRequest
from cascadia.versioning.canonical import canonical, canonical_delta, digest
from cascadia.versioning.model import At, Ref, parse_at

UID = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("value", "expected"),
    (
        (Decimal("1.500"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (7, "7"),
        (0.1, "0.1"),
        (True, True),
        (None, None),
        ({"b": None, "a": [Decimal(2)]}, {"a": ["2"]}),
        (Ref(4, UID), str(UID)),
    ),
)
def test_a_value_has_one_canonical_spelling(value: object, expected: object) -> None:
    assert canonical(value) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_equal_decimals_are_spelled_alike(value: Decimal) -> None:
    assert canonical(value) == canonical(value.normalize()) == canonical(Decimal(str(value)) + 0)


def test_the_digest_covers_author_message_and_deltas_in_any_order() -> None:
    deltas = [canonical_delta("item", UID, {"name": "A", "note": None}), canonical_delta("bom", UID, None)]
    document = {
        "author": str(UID),
        "deltas": [{"table": "bom", "uid": str(UID)}, {"table": "item", "uid": str(UID), "new": {"name": "A"}}],
        "message": "m",
    }
    expected = hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).digest()
    assert digest(UID, "m", deltas) == digest(UID, "m", deltas[::-1]) == expected
    assert digest(UID, "n", deltas) != expected


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        (None, At()),
        ("", At()),
        ("branch:main", At("main")),
        ("branch:ECO-7@4", At("ECO-7", 4)),
        ("commit:12", At("main", 12)),
        ("date:2026-01-31T00:00:00Z", At("main", time=datetime(2026, 1, 31, tzinfo=UTC))),
    ),
)
def test_a_point_is_read(text: str | None, expected: At) -> None:
    assert parse_at(text) == expected


@pytest.mark.parametrize(
    "text", ("commit:x", "commit:-1", "commit:99999999999999999999", "branch:", "branch:a@", "date:2026-01-31", "date:x", "12", "tag:x")
)
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_at(text)
