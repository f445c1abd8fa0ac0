"""What Schemathesis is told of the body of a piece of an upload: bytes, sent as they are."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def piece(_context: Any, value: Any) -> bytes:
    """The bytes that were made up; what is no bytes, as text."""
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else str(data).encode(errors="replace")
