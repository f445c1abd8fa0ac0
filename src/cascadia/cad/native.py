"""Makes OpenCASCADE importable where the system has no libGL and libX11. It is linked with them; nothing is drawn with them."""

import ctypes
import sys
from pathlib import Path
from typing import Final

NEEDED: Final = ("libX11.so.6", "libGL.so.1")
ORDER: Final = (
    "libmd.so.0",
    "libbsd.so.0",
    "libXau.so.6",
    "libXdmcp.so.6",
    "libxcb.so.1",
    "libX11.so.6",
    "libGLdispatch.so.0",
    "libGLX.so.0",
    "libGL.so.1",
)
"""Each after those that it is linked with, so that the loader finds them in the process already."""


def folder() -> Path:
    """Where `./dev` unpacks the libraries that a bare system lacks."""
    return Path(sys.prefix) / "lib" / "cascadia-native"


def load(libraries: Path | None = None) -> bool:
    """Whether libraries were loaded from the folder: not where it does not exist, nor where the system has its own."""
    libraries = libraries or folder()
    if not libraries.is_dir() or all(_present(name) for name in NEEDED):
        return False
    for name in ORDER:
        path = libraries / name
        if path.exists():
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    return True


def _present(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
