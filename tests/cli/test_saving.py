from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from cascadia.cli.remote.client import Client, Refused
from cascadia.cli.remote.saving import named, save

CONTENT = b"what the server sends"


@contextmanager
def server(status: int = 200) -> Iterator[Client]:
    """A client whose server answers every request with the content, or with a refusal."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=CONTENT if status == 200 else b'{"detail": "There is no such file."}')

    client = Client("http://localhost:3000", "token")
    with httpx.Client(base_url=client.url, transport=httpx.MockTransport(answer)) as client.http:
        yield client


@pytest.mark.parametrize(
    ("said", "made"),
    (
        ("bracket.step", "bracket.step"),
        (".bashrc", "bashrc"),
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("..\\..\\evil.bat", "evil.bat"),
        ("-rf", "rf"),
        ("a\x1b[2J\nb", "a [2J b"),
        ("\u202egpj.exe", "gpj.exe"),
        ("..", "file"),
        ("", "file"),
        ("Zeichnung Ä.pdf", "Zeichnung Ä.pdf"),
        ("é" * 128, "é" * 127),
        ("é" * 200 + ".step", "é" * 125 + ".step"),
        ("a." + "é" * 200, "a." + "é" * 126),
    ),
)
def test_a_name_that_a_server_says_is_a_visible_file_of_this_folder(said: str, made: str) -> None:
    assert named(said) == Path(made)


def test_what_is_there_is_not_overwritten_without_being_told(tmp_path: Path) -> None:
    target = tmp_path / "bracket.step"
    target.write_bytes(b"mine")
    with server() as client:
        with pytest.raises(Refused, match="is there already"):
            save(client, "/files/x/content", target, force=False)
        assert target.read_bytes() == b"mine"
        save(client, "/files/x/content", target, force=True)
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]


def test_not_even_a_link_that_leads_nowhere_is_followed(tmp_path: Path) -> None:
    target = tmp_path / "bracket.step"
    target.symlink_to(tmp_path / "elsewhere")
    with server() as client, pytest.raises(Refused, match="is there already"):
        save(client, "/files/x/content", target, force=False)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_arrives_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "bracket.step"
    with server() as client:
        with pytest.raises(Refused, match="did not arrive whole"):
            save(client, "/files/x/content", target, force=False, sha256=sha256(b"other").hexdigest())
        assert list(tmp_path.iterdir()) == []
        save(client, "/files/x/content", target, force=False, sha256=sha256(CONTENT).hexdigest())
    assert target.read_bytes() == CONTENT


def test_a_refusal_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with server(404) as client, pytest.raises(Refused, match="no such file"):
        save(client, "/files/x/content", tmp_path / "bracket.step", force=False)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_no_disk_takes_is_told_in_words(tmp_path: Path) -> None:
    with server() as client, pytest.raises(Refused, match=r"cannot be written: File name too long\."):
        save(client, "/files/x/content", tmp_path / ("é" * 128), force=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with server() as client, pytest.raises(Refused, match=r"cannot be written: No such file or directory\."):
        save(client, "/files/x/content", tmp_path / "nowhere" / "bracket.step", force=False)
