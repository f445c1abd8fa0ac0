"""Makes OpenCASCADE importable where the system has no libGL and libX11 (nothing is drawn with them)."""

import ctypes
import sys
from pathlib import Path
from typing import Final

ORDER: Final = ("libmd.so.0", "libbsd.so.0", "libXau.so.6", "libXdmcp.so.6", "libxcb.so.1", "libX11.so.6")
ORDER_GL: Final = ("libGLdispatch.so.0", "libGLX.so.0", "libGL.so.1")


def folder() -> Path:
    """Where `./dev` unpacks the libraries that a bare system lacks."""
    return Path(sys.prefix) / "lib" / "cascadia-native"


def load() -> None:
    """Loads the libraries, each after those that it needs; does nothing where the system has its own."""
    if not folder().is_dir() or (_present("libGL.so.1") and _present("libX11.so.6")):
        return
    for name in (*ORDER, *ORDER_GL):
        path = folder() / name
        if path.exists():
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


def _present(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
