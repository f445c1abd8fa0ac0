"""Which files have a preview. Pure."""

from typing import Final

CONVERTER_VERSION: Final = "document-2"
"""Part of every derivative's key: raise it when the output for the same file changes."""

PDF: Final = frozenset({"application/pdf"})
IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp"})
TEXTS: Final = frozenset({"text/plain", "text/markdown", "text/csv"})
PREVIEWED: Final = PDF | IMAGES | TEXTS

PREVIEW_PIXELS: Final = 1024
"""The longer side of a preview."""
IMAGE_PIXELS_MAX: Final = 100_000_000
"""More than any scanner makes: a small file can claim to hold a picture of terabytes."""
TEXT_BYTES_MAX: Final = 1_000_000
