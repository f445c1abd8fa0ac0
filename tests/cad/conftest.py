"""Files that the tests write themselves, and their conversions, each made once."""

import os
from pathlib import Path

import pytest

from tests.assets.make_as1 import write_as1
from tests.cad.conversion import Conversion, convert


@pytest.fixture(scope="session")
def as1_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assembly like as1, AP214, millimetres, without densities."""
    path = tmp_path_factory.mktemp("as1") / "as1.stp"
    write_as1(path)
    return path


@pytest.fixture(scope="session")
def as1(as1_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Conversion:
    return convert(tmp_path_factory.mktemp("conversion") / "job", as1_file)


@pytest.fixture(scope="session")
def shared_step() -> Path:
    """Files of the shared folder, an extra: tests that ask for them are left out where there are none."""
    root = Path(os.environ.get("CASCADIA_SHARED", Path(__file__).parents[3] / "shared"))
    folder = root / "data" / "step"
    if not folder.is_dir():
        pytest.skip("the shared STEP files are not here")
    return folder
