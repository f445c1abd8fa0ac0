"""Files that the tests write themselves, and their conversions, each made once."""

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
