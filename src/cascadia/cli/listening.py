"""The socket on which the app listens."""

import errno
import socket
from typing import Final

from cascadia.kernel.errors import CascadiaError

ANYWHERE: Final = frozenset({"0.0.0.0", "::", "127.0.0.1", "::1", "localhost"})  # noqa: S104 -- compared with, not bound to


class CannotListen(CascadiaError):
    status, code, title = 503, "port_taken", "The port cannot be used"


def bind(address: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet; raises `CannotListen` with what to do."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        raise _refusal(address, port, error) from error
    return bound


def _refusal(address: str, port: int, error: OSError) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return CannotListen(f"Port {port} on {address} is taken by another program: stop that one, or choose another with PORT.")
    if error.errno == errno.EACCES:
        return CannotListen(f"Port {port} is reserved for root: choose one above 1023 with PORT.")
    return CannotListen(f"It is not possible to listen on {address}:{port} ({error.strerror}): check BIND_ADDRESS.")


def shown_address(address: str, port: int) -> str:
    """What to type into a browser on this machine."""
    host = "localhost" if address in ANYWHERE else f"[{address}]" if ":" in address else address
    return f"http://{host}:{port}"
