import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty data folder that root's unprivileged database can reach; pytest's own temporary folders are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="cascadia-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)
