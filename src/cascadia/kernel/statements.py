"""One SQL statement as a value: pure, so that rules may build what the edge sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its parameters (`%(name)s`), sent now or as a part of a message."""

    query: LiteralString
    params: Mapping[str, Any] = field(default_factory=dict)
