"""What the sandboxed child calls: a document in, its picture and its text out."""

import codecs
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pypdfium2 as pdfium
from PIL import Image, ImageOps, UnidentifiedImageError

from cascadia.jobs.model import PermanentJobError
from cascadia.previews.model import CONVERTER_VERSION, IMAGE_PIXELS_MAX, IMAGES, PDF, PREVIEW_PIXELS, TEXT_BYTES_MAX

Image.MAX_IMAGE_PIXELS = IMAGE_PIXELS_MAX
Progress = Callable[[float, str], None]

POINTS_MAX: Final = 14_400
"""The largest page that PDF knows, in points."""
READ_MAX: Final = TEXT_BYTES_MAX * 2
"""Bytes of a text that are read: UTF-16 has two for what UTF-8 keeps in one."""


def run(folder: Path, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Reads `folder/input/source` of type `payload["media_type"]`; writes `output/preview.png` and `output/text.txt` as there are.

    The answer: `{"converter": version, "outputs": [{"kind", "media_type", "name"}]}`.
    """
    source, out = folder / "input" / "source", folder / "output"
    media_type = payload["media_type"]
    if media_type in PDF:
        _read_pdf(source, out, progress)
    elif media_type in IMAGES:
        _read_image(source, out)
    else:
        _write_text(out, iter([_beginning(source)]))
    made = (("preview", "image/png", "preview.png"), ("text", "text/plain", "text.txt"))
    outputs = [{"kind": kind, "media_type": kept_as, "name": name} for kind, kept_as, name in made if (out / name).is_file()]
    return {"converter": CONVERTER_VERSION, "outputs": outputs}


def _read_pdf(source: Path, out: Path, progress: Progress) -> None:
    try:
        document = pdfium.PdfDocument(source)
        if len(document) == 0:
            raise PermanentJobError("document_empty", "The PDF has no pages.")
        page = document[0]
        width, height = (min(max(side, 1.0), POINTS_MAX) for side in page.get_size())
        bitmap = page.render(scale=PREVIEW_PIXELS / max(width, height))
        bitmap.to_pil().convert("RGB").save(out / "preview.png", optimize=True)
        _write_text(out, _pages(document, progress))
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise PermanentJobError("document_locked", "The PDF asks for a password. Store it without one to have a preview.") from error
        raise PermanentJobError("document_damaged", "The PDF cannot be read. Export it again.") from error


def _pages(document: Any, progress: Progress) -> Iterator[str]:
    for number in range(len(document)):
        progress(number / len(document), f"page {number + 1} of {len(document)}")
        yield document[number].get_textpage().get_text_range()


def _read_image(source: Path, out: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) as opened:
                picture = ImageOps.exif_transpose(opened)
                picture.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
                picture.convert("RGBA" if picture.has_transparency_data else "RGB").save(out / "preview.png", optimize=True)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PermanentJobError("image_too_large", "The image has too many pixels for a preview.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PermanentJobError("image_damaged", "The image cannot be read. Export it again.") from error


def _write_text(out: Path, pieces: Iterator[str]) -> None:
    """The texts in turn, up to the limit, as UTF-8; no file where there is none."""
    left, kept = TEXT_BYTES_MAX, []
    for piece in pieces:
        data = piece.replace("\0", "").replace("\r\n", "\n").encode("utf-8", errors="replace")[:left]
        kept.append(data)
        left -= len(data)
        if left <= 0:
            break
    text = b"\n".join(kept).strip()
    if text:
        (out / "text.txt").write_bytes(text.decode(errors="ignore").encode())


def _beginning(source: Path) -> str:
    """What a text of unknown encoding begins with: by its mark, as UTF-8, else one byte a character; no character is cut in two."""
    with source.open("rb") as file:
        data, whole = file.read(READ_MAX), not file.read(1)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return codecs.getincrementaldecoder("utf-16")("replace").decode(data, whole)
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data, whole)
    except UnicodeDecodeError:
        return data.decode("latin-1")
