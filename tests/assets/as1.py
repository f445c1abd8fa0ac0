"""The assembly of the tutorial as a file, written by a process of its own: OpenCASCADE stays out of the one that asks."""

import subprocess
import sys
from pathlib import Path


def write(path: Path) -> Path:
    """Writes the assembly, with densities, to `path`; the path."""
    maker = Path(__file__).with_name("make_as1.py")
    subprocess.run([sys.executable, maker, path, "--density"], check=True, capture_output=True, cwd=maker.parents[2])
    return path
