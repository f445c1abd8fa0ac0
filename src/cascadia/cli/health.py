"""`cascadia health app|worker`: whether the process of this container does its work, for health checks that have no curl."""

import http.client
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from cascadia import ports
from cascadia.kernel.errors import Unavailable

TIMEOUT_SECONDS: Final = 4
PORTS: Final[Mapping[str, tuple[str, int]]] = {"app": ("PORT", ports.APP), "worker": ("HEALTH_PORT", ports.WORKER)}
"""The setting that names the port of each part, and its default."""


def answer(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> None:
    """Prints that a part is ready and ends the process; returns where that is not all: the whole program then has the words for it."""
    port = _port(arguments, environ)
    if port is None:
        return
    try:
        print(check(port))
    except Unavailable:
        return
    sys.exit()


def _port(arguments: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """The port to ask, where that needs no look at the settings as a whole."""
    if len(arguments) != 1 or arguments[0] not in PORTS:
        return None
    name, usual = PORTS[arguments[0]]
    said = environ.get(name) or str(usual)
    plain = re.fullmatch(r"[1-9][0-9]{0,4}", said) and not environ.get(f"{name}_FILE")
    return int(said) if plain and int(said) < 2**16 else None


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
