"""Asks the app whether it answers, and tells the person where it is."""

import http.client
from typing import Final

TIMEOUT_SECONDS: Final = 2


class Probe:
    """`ready` becomes true with the first good answer, and stays so."""

    def __init__(self, address: str, port: int, shown: str, first: str | None) -> None:
        self._address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 -- compared with, not bound to
        self._port = port
        self._shown = shown
        self._first = first
        self.ready = False

    def look(self) -> None:
        """Until the first good answer: one attempt; then prints the address, and where nobody set the program up how to begin."""
        if self.ready or self._status("/health/ready") != http.HTTPStatus.OK:
            return
        self.ready = True
        print(f"Cascadia is at {self._shown}", flush=True)
        if self._first:
            print(f"Nobody has set it up yet. Open {self._first} to create the administrator; Ctrl-C stops it.", flush=True)

    def _status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection(self._address, self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
