"""`cascadia health app|worker`: whether the process of this container does its work, for health checks that have no curl."""

import http.client
import json
from typing import Final

from cascadia.kernel.errors import Unavailable

TIMEOUT_SECONDS: Final = 4


def check(port: int) -> str:
    """What `/health/ready` says at this port of this machine; raises `Unavailable` with its reason where it is not ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        answer = json.loads(response.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"Nothing answers as it should on port {port} ({error}).") from error
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise Unavailable(str(answer.get("detail") or f"It answered {response.status}."))
    missing = answer.get("degraded") or []
    return f"ready, degraded: {', '.join(missing)}" if missing else "ready"
