"""What `./dev bench files` measures with 5 GiB, with a file that is just too large for a server to put it together itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.large import MEBIBYTE, System, digest_of, in_bucket, on_disk, random_file
from tests.s3 import S3Server

BEYOND_AT_ONCE = 66


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return random_file(tmp_path / "large.bin", BEYOND_AT_ONCE)


@pytest.fixture
def s3_server() -> Iterator[S3Server]:
    made = S3Server()
    made.start()
    yield made
    made.close()


def there_and_back(system: System, file: Path) -> None:
    """What comes back has the bytes that were sent; of the upload nothing is left."""
    uid = system.cascadia("files", "put", str(file), "--project", "bench").split()[0]
    fetched = file.with_name("fetched.bin")
    system.cascadia("files", "get", uid, "--output", str(fetched))
    assert fetched.stat().st_size == BEYOND_AT_ONCE * MEBIBYTE
    assert digest_of(fetched) == digest_of(file)
    assert "large.bin" not in system.cascadia("files", "uploads")


def test_a_large_file_goes_onto_a_disk_and_back(file: Path, tmp_path: Path) -> None:
    with on_disk(tmp_path / "disk") as system:
        there_and_back(system, file)
        stored = [path for path in (tmp_path / "disk/files").rglob("*") if path.is_file()]
    assert [path.name[:64] for path in stored] == [digest_of(file)]


@pytest.mark.timeout(600)
@pytest.mark.needs("nginx")
def test_a_large_file_goes_through_the_sample_nginx_into_a_bucket_and_back(file: Path, tmp_path: Path, s3_server: S3Server) -> None:
    with in_bucket(tmp_path / "bucket", s3_server) as system:
        there_and_back(system, file)
