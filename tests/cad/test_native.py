"""Libraries that a bare system lacks."""

import subprocess
import sys
from pathlib import Path

from cascadia.cad import native


def test_nothing_is_loaded_where_no_libraries_were_unpacked(tmp_path: Path) -> None:
    assert not native.load(tmp_path / "absent")


def test_what_the_system_has_is_taken_from_the_system(tmp_path: Path) -> None:
    """On a machine with both libraries an unpacked folder is not looked into: a broken file there harms nobody."""
    program = "import sys; from pathlib import Path; from cascadia.cad import native; print(native.load(Path(sys.argv[1])))"
    for name in native.ORDER:
        (tmp_path / name).write_bytes(b"no library")
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    has_both = subprocess.run([sys.executable, "-c", "import ctypes; [ctypes.CDLL(n) for n in ('libX11.so.6', 'libGL.so.1')]"], check=False)
    if has_both.returncode == 0:
        assert run.stdout.strip() == "False"
    else:
        assert "OSError" in run.stderr
