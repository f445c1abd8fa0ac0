"""What becomes of a document in the child, and what it says of damaged ones."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cascadia.jobs.model import PermanentJobError
from cascadia.previews.child import run
from tests.previews.documents import image, pdf


def convert(folder: Path, data: bytes, media_type: str) -> dict[str, Any]:
    for name in ("input", "output"):
        (folder / name).mkdir()
    (folder / "input" / "source").write_bytes(data)
    return run(folder, {"media_type": media_type}, lambda _fraction, _note: None)


def test_a_pdf_has_a_picture_of_its_first_page_and_its_text(tmp_path: Path) -> None:
    made = convert(tmp_path, pdf("Torque 12 Nm"), "application/pdf")
    assert [o["kind"] for o in made["outputs"]] == ["preview", "text"]
    assert (tmp_path / "output" / "text.txt").read_text() == "Torque 12 Nm"
    with Image.open(tmp_path / "output" / "preview.png") as picture:
        assert max(picture.size) == 1024
        assert len(picture.getcolors(1_000_000) or []) > 1


@pytest.mark.parametrize("form", ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"))
def test_an_image_has_a_small_one(tmp_path: Path, form: str) -> None:
    made = convert(tmp_path, image(form), f"image/{form.lower()}")
    assert [o["kind"] for o in made["outputs"]] == ["preview"]
    with Image.open(tmp_path / "output" / "preview.png") as picture:
        assert picture.size == (1024, 512)
        red, _, blue = picture.convert("RGB").getpixel((10, 10))  # type: ignore[misc]  # a pixel of RGB
        assert red > 200 > blue


def test_a_turned_photo_is_turned_back(tmp_path: Path) -> None:
    convert(tmp_path, image("JPEG", orientation=6), "image/jpeg")
    with Image.open(tmp_path / "output" / "preview.png") as picture:
        assert picture.size == (512, 1024)


@pytest.mark.parametrize(
    ("data", "text"),
    ((b"plain", "plain"), ("\ufeffgrün".encode(), "grün"), ("grün".encode("utf-16"), "grün"), ("grün".encode("latin-1"), "grün")),
)
def test_texts_are_decoded(tmp_path: Path, data: bytes, text: str) -> None:
    convert(tmp_path, data, "text/plain")
    assert (tmp_path / "output" / "text.txt").read_text(encoding="utf-8") == text


def test_a_long_text_is_cut(tmp_path: Path) -> None:
    convert(tmp_path, "ü".encode() * 2_000_000, "text/plain")
    assert len((tmp_path / "output" / "text.txt").read_bytes()) <= 1_000_000


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "utf-16", "latin-1"))
@pytest.mark.parametrize("shift", range(4))
def test_a_long_text_is_cut_between_characters(tmp_path: Path, encoding: str, shift: int) -> None:
    words = "a" * shift + ("ü𝔘" if encoding != "latin-1" else "ü") * 700_000
    convert(tmp_path, words.encode(encoding), "text/plain")
    text = (tmp_path / "output" / "text.txt").read_text(encoding="utf-8")
    assert words.startswith(text)
    assert 900_000 < len(text.encode()) <= 1_000_000


@pytest.mark.parametrize(
    ("data", "media_type", "code"),
    (
        (b"", "application/pdf", "document_damaged"),
        (pdf()[:200], "application/pdf", "document_damaged"),
        (b"%PDF-1.4 nonsense", "application/pdf", "document_damaged"),
        (pdf(password=True), "application/pdf", "document_locked"),
        (b"", "image/png", "image_damaged"),
        (image()[:100], "image/png", "image_damaged"),
    ),
    ids=("empty pdf", "cut pdf", "nonsense", "locked", "empty image", "cut image"),
)
def test_what_cannot_be_read_is_told_in_words(tmp_path: Path, data: bytes, media_type: str, code: str) -> None:
    with pytest.raises(PermanentJobError) as refused:
        convert(tmp_path, data, media_type)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_an_image_of_too_many_pixels_is_told_in_words(tmp_path: Path) -> None:
    """It is whole, and small as a file."""
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    with pytest.raises(PermanentJobError) as refused:
        convert(tmp_path, bomb.getvalue(), "image/png")
    assert refused.value.code == "image_too_large"
    assert refused.value.message.endswith(".")
